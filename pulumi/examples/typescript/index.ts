import * as bucketpass from "@pulumi/bucketpass";

const issuer = new bucketpass.OidcIssuer("okta", {
    preset: "okta",
    url: "https://acme.okta.com/oauth2/default",
    audience: ["s3-data"],
});

const datasets = new bucketpass.ProtectedBucket("acme-datasets", { encryption: "kms" }, { protect: true });

const trainer = new bucketpass.ServiceRole("trainer", {
    issuer: { preset: "okta", url: issuer.url, audience: ["s3-data"] },
    identity: { claims: { client_id: "0oa1trainer" } },
    grants: [
        { bucket: datasets.bucketName, prefix: "raw/", access: ["read"] },
        { bucket: datasets.bucketName, prefix: "checkpoints/", access: ["read", "write"] },
    ],
    keys: [datasets.keyArn.apply((arn) => arn!)],
});

export const roleArn = trainer.roleArn;
