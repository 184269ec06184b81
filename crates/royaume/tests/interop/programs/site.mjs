// A web site with one visitor, around openid-client.mjs. It listens on a free port and says which, reads its settings
// from a line of standard input, and ends with that input. What happens is answered as JSON.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { begin, discover, end, finish, refresh } from './openid-client.mjs';

let provider, here, waiting, tokens, leaving;

const pages = {
  async '/login'({ searchParams }) {
    const begun = await begin(provider, `${here}/callback`, Object.fromEntries(searchParams));
    waiting = begun.waiting;
    return begun.address;
  },
  async '/callback'(address) {
    const signedIn = await finish(provider, address, waiting);
    tokens = signedIn.tokens;
    return { tokens, claims: tokens.claims(), userinfo: signedIn.userinfo };
  },
  async '/refresh'() {
    const fresh = await refresh(provider, tokens);
    tokens = { ...tokens, ...fresh };
    return { tokens: fresh };
  },
  async '/logout'() {
    leaving = end(provider, tokens, `${here}/signed-out`);
    return leaving.address;
  },
  async '/signed-out'({ searchParams }) {
    return { signed_out: searchParams.get('state') === leaving.state };
  },
};

const server = createServer(async (request, response) => {
  const address = new URL(request.url, here);
  const outcome = await pages[address.pathname](address).catch((error) => ({
    refused: { code: error.code, error: error.error, status: error.status, because: error.cause?.message },
  }));
  if (outcome instanceof URL) {
    response.writeHead(303, { location: outcome.href, 'content-length': 0 }).end();
  } else {
    const body = JSON.stringify(outcome);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
  }
});

server.listen(0, '127.0.0.1', () => {
  here = `http://127.0.0.1:${server.address().port}`;
  console.log(here);
  createInterface({ input: process.stdin })
    .once('line', async (line) => {
      provider = await discover(JSON.parse(line));
      console.log(provider.serverMetadata().issuer);
    })
    .once('close', () => process.exit());
});
