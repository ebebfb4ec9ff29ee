// An oidc-provider over https at a path below its host. First line of stdin: settings; every further line: a new signing key.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createInterface } from "node:readline";
import Provider from "oidc-provider";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const settings = JSON.parse((await lines.next()).value);
const path = new URL(settings.issuer).pathname;
const pem = readFileSync(settings.certificate);
const keys = [settings.key];

function provider() {
  const algorithm = keys[0].alg;
  return new Provider(settings.issuer, {
    jwks: { keys },
    cookies: { keys: ["not a secret of anyone"] },
    clients: Object.entries(settings.clients).map(([client_id, client_secret]) => ({
      client_id,
      client_secret,
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
      id_token_signed_response_alg: algorithm,
    })),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: "",
          audience: resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: 3600,
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
  });
}

let answer = provider().callback();
const server = createServer({ key: pem, cert: pem }, (request, response) => {
  request.originalUrl = request.url;
  request.url = request.url.slice(path.length) || "/";
  answer(request, response);
});
server.listen(settings.port, "127.0.0.1", async () => {
  console.log("ready");
  for await (const line of lines) {
    keys.unshift(JSON.parse(line));
    answer = provider().callback();
    console.log("rotated");
  }
  process.exit(0);
});
