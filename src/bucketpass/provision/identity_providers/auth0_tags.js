exports.onExecuteCredentialsExchange = async (event, api) => {
  // The trigger runs for every client of the tenant.
  if (event.client.client_id === __CLIENT_ID__) {
    api.accessToken.setCustomClaim(__CLAIM__, __TAGS__);
  }
};
