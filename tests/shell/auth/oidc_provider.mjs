// The OpenID provider `oidc-provider` on loopback, with the device flow. The argument is the folder of its npm package.
//
// It prints its issuer and ends with its standard input. The tests act as the person and as the API behind the tokens:
//   GET /control/approve?user_code=…   GET /control/deny?user_code=…   GET /control/accepts?token=…
//   GET /control/lifetimes?code=…&access=…   seconds, of what is issued from now on
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generateKeyPairSync } from 'node:crypto';

const folder = process.argv[2];
const { default: Provider } = await import(pathToFileURL(join(folder, 'lib/index.js')));

const lifetimes = { code: 600, access: 3600 };
const native = {
  application_type: 'native',
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
  response_types: [],
  redirect_uris: [],
};
const secret = 'canary-client-secret';
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [
    { ...native, client_id: 'speckit-cli', token_endpoint_auth_method: 'none', scope: 'openid offline_access email' },
    { ...native, client_id: 'speckit-basic', client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' },
    { ...native, client_id: 'speckit-post', client_secret: secret, token_endpoint_auth_method: 'client_secret_post' },
  ],
  jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256' }] },
  cookies: { keys: ['cookies of a test'] },
  features: {
    deviceFlow: { enabled: true },
    devInteractions: { enabled: false },
    revocation: { enabled: true },
  },
  scopes: ['openid', 'offline_access', 'email', 'profile'],
  claims: { openid: ['sub'], email: ['email'] },
  conformIdTokenClaims: false,
  rotateRefreshToken: true,
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, email: `${accountId}@example.test` }) }),
  ttl: {
    AccessToken: () => lifetimes.access,
    DeviceCode: () => lifetimes.code,
    Grant: 86400,
    IdToken: 3600,
    Interaction: 3600,
    RefreshToken: 86400,
    Session: 86400,
  },
});

const pending = async (userCode) => {
  const code = await provider.DeviceCode.findByUserCode(userCode.replaceAll('-', ''));
  if (!code) throw new Error('there is no such code');
  return code;
};

// What its pages do at the end of a login with a consent.
const approve = async (userCode) => {
  const code = await pending(userCode);
  const grant = new provider.Grant({ accountId: 'person-1', clientId: code.clientId });
  grant.addOIDCScope(code.params.scope ?? '');
  Object.assign(code, {
    accountId: 'person-1',
    authTime: Math.floor(Date.now() / 1000),
    grantId: await grant.save(),
    scope: code.params.scope,
  });
  await code.save();
};

// The button of its own page that a person presses.
const deny = async (userCode) => {
  const page = await fetch(`${issuer}/device`);
  const cookie = page.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
  const xsrf = /name="xsrf" value="([^"]*)"/.exec(await page.text())[1];
  const body = new URLSearchParams({ xsrf, user_code: userCode, abort: 'yes' });
  await fetch(`${issuer}/device`, { method: 'POST', headers: { cookie }, body });
  if ((await pending(userCode)).error !== 'access_denied') throw new Error('the page did not deny');
};

const control = async ({ pathname, searchParams: fields }) => {
  switch (pathname) {
    case '/control/approve': return approve(fields.get('user_code'));
    case '/control/deny': return deny(fields.get('user_code'));
    case '/control/accepts': return String(Boolean(await provider.AccessToken.find(fields.get('token'))));
    case '/control/lifetimes':
      for (const [name, seconds] of fields) lifetimes[name] = Number(seconds);
      return undefined;
    default: throw new Error(`there is no ${pathname}`);
  }
};

const callback = provider.callback();
server.on('request', (request, response) => {
  const url = new URL(request.url, issuer);
  if (!url.pathname.startsWith('/control/')) return callback(request, response);
  control(url).then(
    (text) => response.end(text ?? 'done'),
    (error) => { response.statusCode = 500; response.end(error.message); },
  );
});
process.stdin.resume().on('end', () => process.exit());
console.log(issuer);
