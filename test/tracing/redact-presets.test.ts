import { describe, expect, it } from "vitest";
import { PRESETS, type RedactPreset } from "../../src/tracing/record/redact-presets.js";

describe("the preset for keys", () => {
  it.each([
    ["OpenAI", "sk-proj-Ab1Cd2Ef3Gh4Ij5Kl6Mn7"],
    ["Anthropic", "sk-ant-api03-Ab1Cd2Ef3Gh4Ij5"],
    ["Stripe", "sk_live_51Ab2Cd3Ef4Gh5Ij6"],
    ["GitHub", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"],
    ["GitHub, fine-grained", "github_pat_11ABCDEFG0abcdefghij_klm"],
    ["GitLab", "glpat-Ab1Cd2Ef3Gh4Ij5Kl6Mn"],
    ["Slack", "xoxb-1234567890-abcdefghij"],
    ["Groq", "gsk_Ab1Cd2Ef3Gh4Ij5Kl6Mn"],
    ["Hugging Face", "hf_AbCdEfGhIjKlMnOpQrStUv"],
    ["Replicate", "r8_Ab1Cd2Ef3Gh4Ij5Kl6Mn"],
    ["LangSmith", "lsv2_pt_0123456789abcdef_0123"],
    ["Tavily", "tvly-dev-Ab1Cd2Ef3Gh4Ij5"],
    ["Perplexity", "pplx-0123456789abcdef0123"],
    ["xAI", "xai-Ab1Cd2Ef3Gh4Ij5Kl6Mn"],
    ["NVIDIA", "nvapi-Ab1Cd2Ef3Gh4Ij5Kl6Mn"],
    ["SendGrid", "SG.Ab1Cd2Ef3Gh4Ij5Kl6Mn7O.Pq8Rs9Tu0Vw1Xy2Za3Bc4"],
    ["Google", "AIzaSyA1B2C3D4E5F6G7H8I9J0K1L2M3N4O5P6Q"],
    ["Google OAuth", "ya29.a0AfH6SMBx1y2z3a4b5c6d"],
    ["AWS", "AKIAIOSFODNN7EXAMPLE"],
    ["HashiCorp Vault", "hvs.CAESIJ1a2b3c4d5e6f7g8h9i"],
    ["Databricks", "dapi0123456789abcdef0123456789abcdef"],
    ["Shopify", "shpat_0123456789abcdef0123456789abcdef"],
    ["Supabase", "sbp_0123456789abcdef0123456789abcdef"],
    ["a JSON web token", "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK"],
    ["a bearer header", "Bearer abcdefghijklmnop1234"],
    ["a bearer header in capitals", "BEARER abcdefghijklmnop1234"],
    ["a JSON web token without a signature", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0NTY3ODkwIn0."],
    ["an encrypted JSON web token", "eyJhbGciOiJkaXIifQ..48V1_ALb6US04U3b.5eym8TW_c8SuK0lt.XFBoMYUZodetZdvT"],
    ["a JSON web token behind a name", "token_eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK"],
    ["Discord, a bot", "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"],
    ["Azure, a client's secret", "Abc8Q~abcdefGHIJKLmnop1234567890qrst.uv"],
    ["Pinecone", "pcsk_2Ab3Cd_AbCdEf0123456789abcdefABCDEF"],
    ["Together", "tgp_v1_abcdefghij0123456789ABCDEFG"],
    ["LlamaCloud", "llx-0123456789abcdefABCDEFghijkl"],
    ["Firecrawl", "fc-0123456789abcdef0123456789abcdef"],
    ["Vercel", "vercel_blob_rw_abcdefghij0123456789ABCD"],
    ["Heroku", "HRKU-AAabcdefghij0123456789ABCD"],
    ["PlanetScale", "pscale_pw_abcdefghij0123456789ABCD"],
    ["Neon", "napi_abcdefghij0123456789abcdefghij"],
    ["Supabase, since 2025", "sb_secret_abcdefghij0123456789AB"],
    ["Grafana Cloud", "glc_eyJvIjoiMTIzNDU2IiwibiI6InRlc3QiLCJrIjoiYWJjZGVm"],
    ["New Relic", "NRAK-ABCDEFGHIJ0123456789ABCDEFG"],
    ["Bitbucket", "ATBBabcdefghij0123456789ABCDEF12"],
    ["Doppler", "dp.st.prd.abcdefghij0123456789ABCDEFGHIJ0123456789abc"],
    ["Google, a client's secret", "GOCSPX-abcdefghij0123456789ABCDEF"],
    ["Google, a refresh token", "1//0abcdefghij0123456789-ABCDEF_ghij"],
    ["AWS Bedrock", "ABSKQmVkcm9ja0FQSUtleS1hYmNkZWZnaGlqMDEyMzQ1Njc4OQ"],
    ["Airtable", `pat0123456789ABCD.${"0123456789abcdef".repeat(4)}`],
    ["Mailchimp", "0123456789abcdef0123456789abcdef-us6"],
    ["Dropbox", "sl.BabcdefghijKLM-0123456789_abcdefghijKLM0123456789"],
  ])("knows that of %s", (_, secret) => {
    expect(PRESETS.key(`KEY=${secret} and more`)).toBe("KEY=[redacted] and more");
    expect(PRESETS.key(`so: ${secret}!`)).toBe("so: [redacted]!");
  });

  it.each([
    ["Basic dXNlcjpwYXNzd29yZA==", "Basic [redacted]"],
    ["postgres://ann:pa:ss@db.example.org:5432/app", "postgres://[redacted]@db.example.org:5432/app"],
    ["mongodb+srv://ann:p%40ss@cluster0.example.net", "mongodb+srv://[redacted]@cluster0.example.net"],
    ["redis://:secret@10.0.0.1", "redis://[redacted]@10.0.0.1"],
    ["Server=db;User Id=ann;Password=s3cret;Pooling=true", "Server=db;User Id=ann;[redacted];Pooling=true"],
    ["AccountName=a;AccountKey=Zm9vYmFyYmF6cXV1eA==;x", "AccountName=a;[redacted];x"],
    ["-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----!", "[redacted]!"],
    ["-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQVYBG\n-----END PGP PRIVATE KEY BLOCK-----!", "[redacted]!"],
    ["DB_PASSWORD=hunter2 npm start", "DB_[redacted] npm start"],
    ["PGPASSWORD=hunter2", "PG[redacted]"],
    ['{"user":"ann","password":"hun\\"ter2","n":1}', '{"user":"ann","password":"[redacted]","n":1}'],
    ["aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key=[redacted]"],
    ["x-api-key: 0123456789abcdef0123", "x-api-key: [redacted]"],
    ['{"client_secret": "a1b2c3d4e5f6g7h8i9"}', '{"client_secret": "[redacted]"}'],
    ["to https://hooks.slack.com/services/T0000/B0000/Xa1Xb2Xc3 now", "to https://[redacted] now"],
    ["https://discord.com/api/webhooks/123456789/Ab1Cd2Ef3Gh4Ij5Kl6", "https://[redacted]"],
    ["bot 123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX!", "bot [redacted]!"],
    ["cut: -----BEGIN PRIVATE KEY-----\nMIIEow", "cut: [redacted]"],
    ["Authorization: Token 0123456789abcdef0123", "Authorization: Token [redacted]"],
    ['"authorization":"ApiKey VnVhQ2ZHY0JDZGJrUW0"', '"authorization":"ApiKey [redacted]"'],
    ["authorization: basic dXNlcjpwYXNzd29yZA==", "authorization: basic [redacted]"],
    ["Basic dXNlcjpww6Rzc3fDtnJk", "Basic [redacted]"],
    ["Cookie: sid=38afes7a8; theme=dark", "Cookie: [redacted]"],
    ["postgres://ann:pa/s?s#1@db.example.org/app", "postgres://[redacted]@db.example.org/app"],
    ["https://ann%3Ahunter2@example.org/", "https://[redacted]@example.org/"],
    ["https://0123456789abcdef01234567@example.org/1", "https://[redacted]@example.org/1"],
    ["https://example.org/cb?token=abc12345&x=1", "https://example.org/cb?token=[redacted]&x=1"],
    ["?X-Amz-Signature=fe5f80f77d5fa3beca03&x=1", "?X-Amz-Signature=[redacted]&x=1"],
    ["accessToken: '0123456789abcdef0123'", "accessToken: '[redacted]'"],
    ['{"SecretAccessKey": "wJalrXUtnFEMI/K7MDENG"}', '{"SecretAccessKey": "[redacted]"}'],
    ['{"secret":"a$b!c#d%e^f&g*h12"}', '{"secret":"[redacted]"}'],
    ['{"passphrase":"open sesame"}', '{"passphrase":"[redacted]"}'],
    ['{"password":123456}', '{"password":[redacted]}'],
    [JSON.stringify({ b: '{"password":"hun\\"ter2","n":1}' }), '{"b":"{\\"password\\":\\"[redacted]\\",\\"n\\":1}"}'],
    [JSON.stringify({ b: '{"apiKey":"0123456789abcdef"}' }), '{"b":"{\\"apiKey\\":\\"[redacted]\\"}"}'],
    ["password: hunter2\nuser: ann", "password: [redacted]\nuser: ann"],
    ["run --password hunter2 --token=abcdef01", "run --password [redacted] --token=[redacted]"],
    ["login ann password hunter2", "login ann password [redacted]"],
    [':password => "hunter2"', ":[redacted]"],
    ["curl -u ann:hunter2 https://example.org", "curl -u [redacted] https://example.org"],
    ["<password>hunter2</password>", "<password>[redacted]</password>"],
    ['{"auth":"YW5uOmh1bnRlcjJzZWNyZXQ="}', '{"auth":"[redacted]"}'],
    [`{"kty":"OKP","d":"${"aB3_".repeat(11)}"}`, '{"kty":"OKP","d":"[redacted]"}'],
  ])("takes the secret out of %s", (text, expected) => {
    expect(PRESETS.key(text)).toBe(expected);
  });

  it.each([
    "basic research methodology",
    "Basic principles",
    "https://example.org/@ann/posts:1",
    "http://localhost:3000/app",
    "a skateboarding_tournament, key_findings_of_the_report",
    "sk-learn is a library",
    "token: the-smallest-unit-of-a-text",
    "Password: at least eight letters",
    "the secret: patience-and-practice",
    "access key: see chapter 3",
    "mailto:ann",
    "Authorization: required for all requests",
    "the cookie: a small text file",
    "max_tokens: 1024, tokenizer: cl100k_base",
    "docker run --user 1000:1000 --token-limit 4096",
    "postgres://localhost:5432/db, mysql://host/db?x=a@b",
    "ssh://git@github.com/owner/repo",
    "https://example.org:8080/@ann/post?sort=key",
    "fc-barcelona, napi_create_function, rnd_seed, 1//0",
    "password: required, token: string, secret: string",
    "commit 0123456789abcdef0123456789abcdef01234567",
  ])("leaves %s alone", (text) => {
    expect(PRESETS.key(text)).toBe(text);
  });
});

it.each([
  "jürgen@müller.de",
  "ann.o'neil+x@mail.example.co.uk",
  "用户@例子.广告",
  "a@xn--bcher-kva.xn--p1ai",
  "𝒂b@example.org",
  "ann%40example.org",
  "ann\uff20example.org",
])("the preset for mail addresses knows %s", (address) => {
  expect(PRESETS.email(`to ${address}, please`)).toBe("to [redacted], please");
});

it.each(["a @ b", "@ann", "ann@", "x@y", "@@@"])("the preset for mail addresses leaves %s alone", (text) => {
  expect(PRESETS.email(text)).toBe(text);
});

it.each([
  ["phone", "+49\u00a030\u00a0901820"],
  ["phone", "030\u2013901\u2013820"],
  ["phone", "+49 (0) 30 \u2013 901820"],
  ["phone", "+1\u202f212\u202f555\u202f0100"],
  ["card", "4111\u00a01111\u00a01111\u00a01111"],
  ["card", "4111\u20131111\u20131111\u20131111"],
] as const)("the preset for %s knows numbers as they are set: %s", (preset, number) => {
  expect(PRESETS[preset](`my ${number} is`)).toBe("my [redacted] is");
});

/** Texts on which a pattern that starts anew at each letter, or looks to the end from each start, takes hours. */
const HARD: readonly string[] = [
  "a",
  "1",
  " ",
  "-",
  "@",
  "a@",
  "a.",
  "1 ",
  "12-",
  "11(",
  "+1",
  "eyJ",
  "eyJ-",
  "eyJaaaaaaaa.",
  "sk-",
  "-sk-aaaaaaaaaaa.",
  "xoxb-",
  "Bearer ",
  "bearer aaaa",
  "Basic ",
  "Basic aaaaaaaa",
  "://",
  "://a:",
  "://a:b@",
  "password=",
  'password="',
  "AccountKey=",
  "-----BEGIN PRIVATE KEY-----",
  "-----BEGIN ",
  "PRIVATE KEY-----",
  "hvs.",
  "AKIA",
  "token:a1",
  "api-key-",
  '"password":"',
  "%40",
  "12345678:AA",
  "hooks.slack.com/services/",
  "é@é.",
  "\ud83d",
  "token_eyJ",
  "eyJaaaaaaaa..",
  'password\\":\\"a',
  "password: a1",
  "--a-b-c-token=!",
  "login a ",
  "<token>a",
  "Cookie: a=",
  "authorization: a b",
  "?a-b-c-token=",
  "aaaaaaaaaaaaaaaaaaaa_",
  "redis://a:b@",
  " -u a:b",
  "sl.u.",
  "dp.st.a",
  "access_token$a$",
];

describe.each(["email", "phone", "card", "key"] as const satisfies RedactPreset[])("the preset %s", (preset) => {
  it("takes time linear in the text: 1 MB of the hardest is done at once", () => {
    for (const piece of HARD) {
      const text = piece.repeat(Math.ceil(2 ** 20 / piece.length));
      const start = process.cpuUsage();
      PRESETS[preset](text);
      // Normally some 10 to 100 ms of the processor, whatever else it does; one that is quadratic takes minutes.
      expect({ piece, isDone: process.cpuUsage(start).user < 5e6 }).toEqual({ piece, isDone: true });
    }
  });
});
