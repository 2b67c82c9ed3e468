"""Cases the rules may be read against while they are written. The sealed file holds the measure."""

from tests.redaction.parts import BASE32, UPPER, URL64, Case, Cases, Parts, encode, groups


def cases() -> list[Case]:
    """All cases, the same on each call."""
    found = Cases("open")
    for add in (
        _tokens,
        _passwords,
        _connections,
        _headers,
        _keys,
        _clouds,
        _wrapped,
        _emails,
        _people,
        _numbers,
        _plain_hashes,
        _plain_code,
        _plain_signs,
        _plain_numbers,
        _plain_prose,
    ):
        add(found, Parts(f"open {add.__name__}"))
    return found.found


def _tokens(c: Cases, p: Parts) -> None:
    github = "gh" + "p_" + p.checked()
    c.yes("token-github", github, "@@ -1,3 +1,4 @@", " import os", "+", '+GITHUB_TOKEN = "§"')
    c.yes("token-github", "gh" + "p_" + p.checked(), "git clone https://x-access-token:§@github.com/acme/payments.git")
    fine = "github_" + "pat_" + p.alnum(22) + "_" + p.alnum(59)
    c.yes("token-github", fine, "I think you pasted your own PAT into the fixture: `§`. Please revoke it first.")
    c.yes("token-github", "gh" + "s_" + p.checked(), "##[debug]Evaluating: github.token", "##[debug]=> '§'")
    lab = "gl" + "pat-" + p.url64(20)
    c.yes("token-gitlab", lab, 'curl --header "PRIVATE-TOKEN: §" "https://gitlab.com/api/v4/projects/1188/jobs"')
    lab = "gl" + "pat-" + p.url64(20)
    c.yes("token-gitlab", lab, " variables:", "-  CI_JOB_TOKEN: $CI_JOB_TOKEN", "+  CI_JOB_TOKEN: §")
    c.yes("token-aws", "AK" + "IA" + p.chars(BASE32, 16), "+    aws_access_key_id: §  # rotate before merge?")
    google = "AI" + "za" + "Sy" + p.url64(33)
    c.yes("token-google", google, '+  const loader = new Loader({ apiKey: "§", version: "weekly" });')
    c.yes("token-google", "GOC" + "SPX-" + p.url64(28), '  "client_secret": "§",', '  "redirect_uris": []')
    slack = "xo" + "xb-" + p.digits(12) + "-" + p.digits(13) + "-" + p.alnum(24)
    c.yes("token-slack", slack, '+client = WebClient(token="§")')
    slack = "xo" + "xp-" + p.digits(12) + "-" + p.digits(12) + "-" + p.digits(13) + "-" + p.hex(32)
    c.yes("token-slack", slack, "This is a *user* token (§), it sees every private channel. Use the bot one.")
    c.yes("token-stripe", "sk" + "_live_" + p.alnum(24), "+Stripe.api_key = '§'")
    c.yes("token-stripe", "wh" + "sec_" + p.alnum(32), "STRIPE_MODE=live", "STRIPE_SIGNING=§")
    twilio = f'client = Client("{"A" + "C" + p.hex(32)}", "§")'
    c.yes("token-twilio", p.hex(32), f"+{twilio}", "+client.messages.create(to=number, from_=sender, body=text)")
    grid = "S" + "G." + p.url64(22) + "." + p.url64(43)
    c.yes("token-sendgrid", grid, "sgMail.setApiKey('§')")
    c.yes("token-mailgun", "ke" + "y-" + p.hex(32), "requests.post(URL, auth=('api', '§'), data=payload)")
    c.yes("token-npm", "np" + "m_" + p.checked(), "+//npm.acme.example/:_authToken=§")
    c.yes("token-npm", "np" + "m_" + p.checked(), "RUN npm config set //npm.acme.example/:_authToken § && npm ci")
    macaroon = encode(b"\x02\x01\x08idx.test\x02\x24" + p.uuid().encode() + p.random.randbytes(84), url=True)
    c.yes("token-pypi", "py" + "pi-" + macaroon, "[pypi]", "username = __token__", "password = §")
    c.yes("token-digitalocean", "do" + "p_v1_" + p.hex(64), 'provider "digitalocean" {', '  token = "§"', "}")
    c.yes("token-heroku", "HRKU-" + "AA" + p.url64(58), "heroku_key: §")
    three = "T3B" + "lbkFJ"
    project = "sk-" + "proj-" + p.url64(74) + three + p.url64(74)
    c.yes("token-openai", project, "+    openai = OpenAI(api_key='§', timeout=30)")
    c.yes("token-openai", "sk-" + p.alnum(20) + three + p.alnum(20), "export OPENAI_KEY=§  # TODO remove")
    c.yes("token-anthropic", "sk-" + "ant-api03-" + p.url64(93) + "AA", 'anthropic.Anthropic(api_key="§")')
    face = "h" + "f_" + p.chars(UPPER + UPPER.lower(), 34)
    c.yes("token-huggingface", face, "AutoModel.from_pretrained(name, token='§')")
    c.yes("token-telegram", p.digits(10) + ":" + "AA" + p.url64(33), '+updater = Updater("§", use_context=True)')
    discord = encode(p.digits(18).encode()) + "." + p.url64(6) + "." + p.url64(38)
    c.yes("token-discord", discord, "+bot.run('§')")
    c.yes("token-databricks", "da" + "pi" + p.hex(32), "databricks configure --token <<< §")
    c.yes(
        "token-vault", "hv" + "s." + p.url64(95), "Key             Value", "---             -----", "token           §"
    )
    terraform = p.alnum(14) + "." + "atlasv1." + p.url64(67)
    c.yes("token-terraform", terraform, 'credentials "app.terraform.io" {', '  token = "§"', "}")
    atlassian = "ATAT" + "T3xFfGF0" + p.url64(171) + "=" + p.hex(8).upper()
    c.yes("token-atlassian", atlassian, "jira = JIRA(server, basic_auth=(user, '§'))")
    c.yes("token-shopify", "shp" + "at_" + p.hex(32), "'X-Shopify-Access-Token' => '§',")
    c.yes("token-cloudflare", p.url64(40), "+CLOUDFLARE_API_TOKEN=§", "+CLOUDFLARE_ZONE=acme.dev")
    azure = p.alnum(3) + "8" + "Q~" + p.chars(URL64 + ".~", 33) + p.alnum(1)
    c.yes("token-azure", azure, f'"clientId": "{p.uuid()}",', '"clientSecret": "§",')
    c.yes("token-newrelic", "NR" + "AK-" + p.alnum(27).upper(), "newrelic profile add --apiKey § --region eu")
    c.yes("token-datadog", p.hex(32), " env:", "+  - name: DD_API_KEY", "+    value: §")
    c.yes("token-grafana", "gl" + "sa_" + p.alnum(32) + "_" + p.hex(8), "grafana:", "  service_account: §")
    c.yes("token-linear", "lin" + "_api_" + p.alnum(40), "const linear = new LinearClient({ apiKey: '§' })")
    c.yes("token-notion", "nt" + "n_" + p.digits(11) + p.alnum(35), "notion = Client(auth='§')")
    c.yes("token-figma", "fig" + "d_" + p.url64(40), "curl -H 'X-Figma-Token: §' $URL | jq .document")
    c.yes("token-docker", "dckr" + "_pat_" + p.url64(27), "echo § | docker login -u acmebot --password-stdin")
    c.yes("token-postman", "PM" + "AK-" + p.hex(24) + "-" + p.hex(34), "newman run collection.json --postman-api-key §")
    c.yes("token-doppler", "dp." + "pt." + p.alnum(43), "+ENV DOPPLER=§")
    c.yes("token-jfrog", "AK" + "Cp" + p.alnum(69), "curl -H 'X-JFrog-Art-Api: §' -T app.jar $REPO/")
    c.yes("token-sentry", "sntr" + "yu_" + p.hex(64), "[auth]", "token=§", "[defaults]", "org=acme")
    c.yes("token-generic", p.alnum(40), "@@ -8,2 +8,3 @@ class Settings:", '+    INTERNAL_API_TOKEN: str = "§"')
    c.yes("token-generic", p.hex(64), "SECRET_KEY_BASE=§")
    c.yes("token-generic", p.mixed(50), '-SECRET_KEY = env("SECRET_KEY")', '+SECRET_KEY = "django-insecure-§"')


def _passwords(c: Cases, p: Parts) -> None:
    c.yes("password-config", p.mixed(14), "database:", "  user: billing", "  password: §", "  pool: 5")
    c.yes(
        "password-config",
        p.phrase(),
        "@@ -11,3 +11,3 @@",
        " spring.datasource.username=app",
        "+spring.datasource.password=§",
    )
    c.yes("password-config", p.mixed(18), '  "smtp": { "user": "mailer", "pass": "§" },')
    c.yes("password-config", p.word(), "[client]", "user = replica", "passwd = §", "host = db3.internal")
    c.yes("password-config", p.mixed(12), '<add key="AdminPassword" value="§" />')
    c.yes("password-config", p.word() + "!", "+    ansible_become_pass: '§'")
    c.yes("password-config", p.phrase(3), "redis.conf:", "  requirepass §", "  maxmemory 2gb")
    c.yes("password-config", p.mixed(20), "   grafana:", "     env:", "+      GF_SECURITY_ADMIN_PASSWORD: §")
    c.yes("password-env", p.mixed(16), "DB_HOST=db.internal", "DB_PASSWORD=§", "DB_NAME=orders")
    c.yes("password-env", p.word(), 'export PGPASSWORD="§"; psql -h localhost -U postgres')
    c.yes("password-env", p.phrase(2, "-"), "+      - RABBITMQ_DEFAULT_PASS=§")
    c.yes("password-env", p.alnum(10), "-e MYSQL_ROOT_PASSWORD=§ -p 3306:3306 mysql:8")
    c.yes("password-code", p.mixed(12), '+    private static final String DB_PASSWORD = "§";')
    c.yes("password-code", p.word(), "password = '§'")
    c.yes("password-code", p.mixed(15), 'conn = psycopg2.connect(host=host, user="svc", password="§")')
    c.yes("password-code", p.phrase(), '+const adminPassword = "§"; // works on staging')
    c.yes("password-code", p.mixed(13), 'if (pwd == "§") { unlock(); }')
    c.yes("password-code", p.word() + p.digits(2), "await page.fill('#password', '§')")
    c.yes("password-code", p.mixed(11), '+  $this->pass = "§";')
    c.yes("password-code", p.mixed(12), 'keyPassword "§"', 'keyAlias "upload"')
    c.yes("password-code", p.phrase(), 'NewSession(&Config{User: "ci", Password: "§"})')
    c.yes("password-code", p.digits(8), '+  :passphrase => "§",')
    c.yes("password-prose", p.mixed(12), "The password for the staging box is § btw, so you can look for yourself.")
    c.yes("password-prose", p.phrase(), "Hm, logging in as `admin` / `§` still works for me after this change.")
    c.yes("password-prose", p.word() + p.digits(3), "wifi pw: §, the test rack is on that network")
    c.yes("password-prose", p.phrase(3, " ").lower(), 'I set the passphrase to "§" so that CI can unlock it.')
    c.yes("password-prose", p.mixed(10), "You committed our root password (§) here. Needs to be rotated.")
    c.yes("password-prose", p.word(), "can you log in with user demo and password § and tell me what you see?")


def _connections(c: Cases, p: Parts) -> None:
    c.yes("connection", p.alnum(16), "+DATABASE_URL=postgres://orders:§@db.acme.internal:5432/orders")
    c.yes("connection", p.word(), 'MongoClient("mongodb+srv://app:§@cluster0.ab1cd.mongodb.net/prod?w=majority")')
    c.yes("connection", p.alnum(24), "  redis: redis://default:§@redis-12004.c55.eu.cloud:12004/0")
    c.yes(
        "connection",
        p.mixed(12).replace("=", "x"),
        "Server=tcp:sql01,1433;Database=crm;User ID=sa;Password=§;Encrypt=true",
    )
    c.yes(
        "connection",
        p.alnum(12),
        "-broker_url = 'amqp://localhost'",
        "+broker_url = 'amqp://celery:§@mq.internal:5672//'",
    )
    c.yes("connection", p.word() + "%21", "engine = create_engine('mysql+pymysql://root:§@127.0.0.1/shop')")
    c.yes("connection", p.alnum(14), "jdbc:oracle:thin:scott/§@//ora.internal:1521/XEPDB1")
    c.yes("connection", p.alnum(14), "jdbc:postgresql://db/app?user=app&password=§&ssl=true")
    c.yes("connection", p.phrase(), "host=db port=5432 dbname=app user=app password=§ sslmode=require")
    c.yes(
        "connection",
        p.alnum(43) + "=",
        "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=§",
    )


def _headers(c: Cases, p: Parts) -> None:
    c.yes("basic-auth", encode(f"deploy:{p.mixed(12)}".encode()), "Authorization: Basic §")
    c.yes("basic-auth", p.alnum(13), "curl -u ci-bot:§ https://nexus.acme.dev/repository/raw/")
    c.yes("basic-auth", p.alnum(11), "index-url = https://builder:§@pypi.acme.dev/simple")
    c.yes("header", p.url64(43), "> GET /v2/orders HTTP/1.1", "> Authorization: Bearer §", "> Accept: */*")
    c.yes("header", p.hex(40), "headers: { 'Authorization': 'Token §' },")
    c.yes("header", p.alnum(32), "+  -H 'X-Api-Key: §' \\", "+  -H 'Content-Type: application/json' \\")
    c.yes("cookie", p.url64(32), "Set-Cookie: sessionid=§; Path=/; HttpOnly; SameSite=Lax")
    c.yes("cookie", p.alnum(26).lower(), "Cookie: PHPSESSID=§; theme=dark")
    c.yes("cookie", p.url64(60), "the failing request has `connect.sid=s%3A§` in its cookie header")
    c.yes("jwt", p.jwt(sub=p.digits(6), iat=1712345678), "+const token = '§';")
    c.yes(
        "jwt",
        p.jwt("RS256", iss="acme", exp=1799999999),
        "Decoding § on jwt.io shows no `aud`, so the check below never fires.",
    )
    c.yes("jwt", p.jwt(role="service_role"), "2024-05-02T10:11:12Z DEBUG auth: rejected token=§ reason=expired")
    hook = "https://hooks.slack.com/" + "services/" + f"T{p.alnum(8).upper()}/B{p.alnum(10).upper()}/§"
    c.yes("webhook", p.alnum(24), f"+SLACK_URL={hook}")
    hook = "https://discord.com/api/" + f"webhooks/{p.digits(18)}/§"
    c.yes("webhook", p.url64(68), f'requests.post("{hook}", json=body)')
    hook = "https://hooks.zapier.com/hooks/" + f"catch/{p.digits(7)}/§/"
    c.yes("webhook", p.alnum(7).lower(), "Do we want this in the repo?", f"> {hook}")
    c.yes("query-token", p.hex(32), "GET /export.csv?from=2024-01-01&api_key=§ 200 1532")
    c.yes("query-token", p.url64(40), "[preview](https://preview.acme.dev/pr-88?access_token=§)")


def _keys(c: Cases, p: Parts) -> None:
    rsa = bytes.fromhex("308204a40201000282010100")
    key = p.pem("RSA PRIVATE KEY", rsa, 420)
    c.yes("private-key", key[4], *key[:4], "§", *key[5:])
    key = p.pem("OPENSSH PRIVATE KEY", b"openssh-key-v1\0\0\0\0\4none", 300)
    c.yes("private-key", key[-2], "@@ -0,0 +1,9 @@", *(f"+{line}" for line in key[:-2]), "+§", f"+{key[-1]}")
    key = p.pem("EC PRIVATE KEY", bytes.fromhex("30770201010420"), 114)
    c.yes("private-key", key[2], f'KEY = """{key[0]}', key[1], "§", *key[3:-1], f'{key[-1]}"""')
    key = p.pem("PRIVATE KEY", bytes.fromhex("308204be020100300d"), 420)
    c.yes("private-key", key[3], '"private_key": "' + "\\n".join([*key[:3], "§", *key[4:]]) + '\\n",')
    key = p.pem("RSA PRIVATE KEY", rsa, 420)
    c.yes("private-key-cut", key[6], "@@ -2,3 +2,9 @@", *(f"+{line}" for line in key[:6]), "+§")
    key = p.pem("PRIVATE KEY", bytes.fromhex("308204be020100300d"), 420)
    c.yes(
        "private-key-cut", key[1][:40], "The file starts with", "```", key[0], "§...", "```", "so it is not encrypted."
    )
    key = p.pem("PGP PRIVATE KEY BLOCK", bytes.fromhex("95055804"), 300)
    c.yes("private-key", key[2], key[0], "", key[1], "§", *key[3:-1], f"={p.alnum(4)}", key[-1])


def _clouds(c: Cases, p: Parts) -> None:
    aws = "AK" + "IA" + p.chars(BASE32, 16)
    c.yes("cloud-secret", p.b64(30), "[default]", f"aws_access_key_id = {aws}", "aws_secret_access_key = §")
    aws = "AK" + "IA" + p.chars(BASE32, 16)
    c.yes(
        "cloud-secret",
        p.b64(30),
        f'+s3 = boto3.client("s3", aws_access_key_id="{aws}",',
        '+    aws_secret_access_key="§")',
    )
    c.yes(
        "cloud-secret",
        p.b64(64),
        "DefaultEndpointsProtocol=https;AccountName=acmelogs;AccountKey=§;EndpointSuffix=core.windows.net",
    )
    alibaba = "LT" + "AI" + p.alnum(20)
    c.yes("cloud-secret", p.alnum(30), "oss:", f"  accessKeyId: {alibaba}", "  accessKeySecret: §")
    c.yes("cloud-secret", p.b64(30), f"GOOG{'1E'}{p.chars(BASE32, 55)}:§ is the HMAC pair for the bucket")
    c.yes("cloud-secret", p.b64(30), "+        new BasicAWSCredentials(keyId,", '+            "§");')


def _wrapped(c: Cases, p: Parts) -> None:
    inner = "gh" + "p_" + p.checked()
    c.yes("base64-wrapped", encode(inner.encode()), "echo § | base64 -d | gh auth login --with-token")
    auth = encode(f"acmebot:{'dckr' + '_pat_' + p.url64(27)}".encode())
    c.yes("base64-wrapped", auth, "{", '  "auths": {', '    "https://index.docker.io/v1/": { "auth": "§" }', "  }", "}")
    inner = "sk" + "_live_" + p.alnum(24)
    c.yes("base64-wrapped", encode(inner.encode()), '+const key = atob("§"); // "encrypted"')
    c.yes("split-token", p.alnum(18), f'+TOKEN = ("{"gh" + "p_"}{p.alnum(18)}"', '+         "§")')
    c.yes("split-token", "xo" + "xb-" + p.digits(12) + "-" + p.digits(13), '+  "§" +', f'+  "-{p.alnum(24)}"')
    c.yes("split-token", p.hex(32), f'+key = "{"do" + "p_v1_"}{p.hex(32)}" \\', '+      "§"')


def _emails(c: Cases, p: Parts) -> None:
    c.yes("email", p.email(), "Please send the dump to § instead of attaching it here.")
    c.yes("email", p.email(), "+maintainers = [{ name = 'Platform', email = '§' }]")
    c.yes("email", p.email("gmail.com").replace("@", f"{p.digits(4)}@"), "-    to: ops@example.com", "+    to: §")
    c.yes("email", p.email(), "ERROR 2024-03-01 user=§ failed login (3 attempts)")
    c.yes("email", p.email(), "git config user.email §")
    c.yes("email", p.email(), '  "author": "Web team <§>",')
    c.yes("email", p.email(), "INSERT INTO users (id, mail) VALUES (17, '§');")
    c.yes("email", p.email().replace("@", "+billing@"), "Does this regex accept `§`? Plus signs are legal.")
    c.yes(
        "email",
        p.email("outlook.com").replace("@", f"{p.digits(4)}@"),
        "Mailto links need escaping: <a href='mailto:§'>write us</a>",
    )
    c.yes("email", p.email(), "assert parse(row).contact == '§'")
    c.yes("email", p.email().upper(), "Comparison must ignore case, we have § in the table.")
    c.yes("email", p.email(), "Reported-by: Customer support <§>")
    plain = p.email()
    c.yes("email-obfuscated", plain.replace("@", " [at] ").replace(".", " [dot] "), "Questions? §")
    c.yes("email-obfuscated", p.email().replace("@", "(at)"), "# contact: §")
    c.yes("email-obfuscated", p.email().replace("@", " AT "), "Ping me privately, § works best.")


def _people(c: Cases, p: Parts) -> None:
    c.yes("mention", p.login(), "@§ could you take another look at the locking?")
    c.yes("mention", p.login(), "Agreed with @§, this should be a set.")
    c.yes("mention", p.login(), "cc @§")
    c.yes("mention", p.login(), "> as @§ said above, the retry is not bounded", "", "It is now, see the last commit.")
    c.yes("mention", p.login(), "Good catch (thanks @§!). Fixed.")
    c.yes("mention", p.login(), "This came up in #1284 already; @§ had a patch for it")
    c.yes("mention", p.login(), "LGTM once @§'s comment about naming is addressed.")
    c.yes("mention", p.login(), "+# TODO(@§): drop after the migration")
    c.yes("mention", p.login(), "/assign @§")
    c.yes("mention", p.login(), "- [ ] docs (@§)", "- [x] tests")
    c.yes("name-trailer", p.name(), f"Co-authored-by: § <{p.digits(8)}+helper@users.noreply.github.com>")
    c.yes("name-trailer", p.name(), "Fix overflow in parser", "", "Signed-off-by: § <dev@example.com>")
    c.yes("name-trailer", p.name(), "Reviewed-by: §")
    c.yes("name-trailer", p.name(), "Acked-by: § <acks@example.org>", "Cc: stable@vger.kernel.org")
    c.yes("email", p.email(), f"Signed-off-by: {p.name()} <§>")
    c.yes("profile-link", p.login(), "See https://github.com/§ for their other gists.")
    c.yes("profile-link", f"{p.first()}-{p.last()}-{p.hex(8)}".lower(), "author: https://www.linkedin.com/in/§/")
    c.yes("profile-link", p.login(), "Follow [the author](https://twitter.com/§) for updates")
    c.yes("home-directory", p.login(), 'File "/home/§/src/app/main.py", line 12, in <module>')
    c.yes("home-directory", p.login(), "+SDK_ROOT=/Users/§/Library/Android/sdk")
    c.yes("home-directory", p.login(), r"Could not find file 'C:\Users\§\AppData\Local\Temp\a.json'")
    c.yes("home-directory", p.login(), "This path only exists on your machine: /home/§/.venvs/acme/bin/python")
    c.yes("home-directory", p.login(), '"cwd": "C:\\\\Users\\\\§\\\\source\\\\repos\\\\Acme"')
    c.yes("home-directory", p.login(), "file:///Users/§/work/report.html")


def _numbers(c: Cases, p: Parts) -> None:
    c.yes("phone", f"+1 ({p.area()}) 555-{p.digits(4)}", "Call me on § if the deploy goes wrong.")
    c.yes("phone", f"+49 171 39200{p.chars('0123456789', 2)}", "+  <tel>§</tel>")
    c.yes("phone", f"07700 900{p.digits(3)}", "On-call this week: §")
    c.yes("phone", f"+336398{p.digits(7)}"[:12], '{"to": "§", "body": "Votre code"}')
    c.yes("phone", f"({p.area()}) 555-{p.digits(4)}", "The formatter turns it into § which support dislikes.")
    c.yes("phone", f"+91 98{p.digits(3)} {p.digits(5)}", "phone: §")
    c.yes("public-ip", p.ip(), "sshd[911]: Accepted publickey for deploy from § port 50122 ssh2")
    c.yes("public-ip", p.ip(), "+ALLOWED_HOSTS = ['acme.dev', '§']")
    c.yes("public-ip", p.ip(), "ssh ubuntu@§ -i key.pem")
    c.yes("public-ip", p.ip(), '§ - - [12/Mar/2024:08:11:09 +0000] "GET /health HTTP/1.1" 200 2')
    c.yes("public-ip", p.ip6("2a01:4f8"), "curl: (7) Failed to connect to § port 443")
    c.yes("card", groups(p.card("4")), "The customer's card § was declined twice, see the log.")
    c.yes("card", p.card("51"), "+    pan = '§'")
    c.yes("card", groups(p.card("4"), 4, "-"), "DEBUG charge number=§ exp=11/27")
    c.yes("iban", groups(p.iban("DE", "37040044", 22)), "Refund goes to §, please check the formatting.")
    c.yes("iban", p.iban("NL", "ABNA", 18), '"iban": "§",')
    c.yes("iban", p.iban("FR", "30006", 27), "assert validate('§') is True")


def _plain_hashes(c: Cases, p: Parts) -> None:
    png = encode(bytes.fromhex("89504e470d0a1a0a") + p.random.randbytes(61))
    c.no("git-hash", f"This regressed in {p.hex(40)}, before that the cache was keyed by path.")
    c.no("git-hash", f"Fixed in {p.hex(7)}.")
    c.no("git-hash", f"- uses: actions/checkout@{p.hex(40)} # v4.2.2")
    c.no("git-hash", f"index {p.hex(7)}..{p.hex(7)} 100644", "--- a/src/token.py", "+++ b/src/token.py")
    c.no("git-hash", f'-  rev = "{p.hex(40)}";', f'+  rev = "{p.hex(40)}";')
    c.no("uuid", f"request_id={p.uuid()} took 131ms")
    c.no("uuid", f'const TENANT = "{p.uuid()}";')
    c.no("uuid", f"The migration `{p.uuid()}` was applied twice.")
    c.no("uuid", f"<ProjectGuid>{{{p.uuid().upper()}}}</ProjectGuid>")
    c.no("checksum", f"sha256:{p.hex(64)}")
    c.no("checksum", f"+FROM python:3.12-slim@sha256:{p.hex(64)}")
    c.no("checksum", f"md5sum -c <<< '{p.hex(32)}  dist/app.tar.gz'")
    c.no("checksum", f"github.com/acme/pkg v1.4.0 h1:{p.b64(32)}", f"github.com/acme/pkg v1.4.0/go.mod h1:{p.b64(32)}")
    c.no(
        "lock-file",
        '      "resolved": "https://npm.acme.example/ms/-/ms-2.1.3.tgz",',
        f'      "integrity": "sha512-{p.b64(64)}"',
    )
    c.no("lock-file", "lodash@^4.17.21:", '  version "4.17.21"', f"  integrity sha512-{p.b64(64)}")
    c.no("lock-file", f'    {{file = "idna-3.7.tar.gz", hash = "sha256:{p.hex(64)}"}},')
    c.no("lock-file", 'name = "serde"', 'version = "1.0.203"', f'checksum = "{p.hex(64)}"')
    c.no(
        "asset",
        f"+.logo {{ background: url(data:image/png;base64,{png}) }}",
    )
    c.no("asset", f'<script src="/static/js/main.{p.hex(8)}.chunk.js"></script>')
    c.no("asset", f"._button_{p.alnum(5).lower()}_{p.digits(2)} {{ color: #ff8800; }}")
    c.no(
        "asset",
        f'<script src="https://cdn.acme.dev/a.js" integrity="sha384-{p.b64(48)}" crossorigin="anonymous"></script>',
    )


def _plain_code(c: Cases, p: Parts) -> None:
    c.no("placeholder", "API_KEY=<your-api-key>")
    c.no("placeholder", 'token: "xxxxxxxxxxxxxxxxxxxxxxxx"')
    c.no("placeholder", "DB_PASSWORD=changeme", "DB_USER=app")
    c.no("placeholder", "password: ********")
    c.no("placeholder", "export GITHUB_TOKEN=ghp_your_token_here")
    c.no("placeholder", "postgres://USER:PASSWORD@HOST:5432/DATABASE")
    c.no("placeholder", 'client_secret = "REPLACE_ME"')
    c.no("placeholder", "Authorization: Bearer <token>")
    c.no("environment-lookup", 'password = os.environ["DB_PASSWORD"]')
    c.no("environment-lookup", "+  token: ${{ secrets.GITHUB_TOKEN }}")
    c.no("environment-lookup", "const secret = process.env.JWT_SECRET ?? '';")
    c.no("environment-lookup", "DB_PASSWORD=${DB_PASSWORD:?must be set}")
    c.no("environment-lookup", "password: {{ .Values.postgres.password | quote }}")
    c.no("environment-lookup", "spring.datasource.password=${DB_PASSWORD}")
    c.no("environment-lookup", "api_key = var.datadog_api_key")
    c.no("environment-lookup", 'val token = System.getenv("API_TOKEN")')
    c.no("environment-lookup", "redis://:${REDIS_PASSWORD}@redis:6379/0")
    c.no("signature", "def login(user: str, password: str, token: str | None = None) -> Session:")
    c.no("signature", "+func Authenticate(ctx context.Context, password string) (token string, err error) {")
    c.no("signature", "public boolean matches(CharSequence rawPassword, String encodedPassword) {")
    c.no("signature", "async fetchUser(accessToken: string, refreshToken?: string): Promise<User>")
    c.no("signature", "fn verify(password: &[u8], hash: &PasswordHash) -> Result<()> {")
    c.no("signature", "    return self._client.auth(token=token, secret=self.secret_for(user))")
    c.no("signature", "password = getpass.getpass('Password: ')")
    c.no("signature", "self.api_key = api_key or load_default_key()")
    c.no("type-hint", "    password: SecretStr = Field(min_length=12)")
    c.no("type-hint", "  token?: string | null;", "  secret: Buffer;")
    c.no("type-hint", "tokens: list[Token] = field(default_factory=list)")
    c.no("type-hint", "interface Credentials { username: string; password: string }")
    c.no("regex", r"TOKEN = re.compile(r'gh[pousr]_[A-Za-z0-9]{36}')")
    c.no("regex", r"+  pattern: '^sk_(test|live)_[0-9a-zA-Z]{24,}$'")
    c.no("regex", r"/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)")
    c.no("regex", r"KEY_ID = r'\b(AKIA|ASIA)[A-Z2-7]{16}\b'")
    c.no("test-name", "def test_password_reset_token_expires_after_one_hour(client):")
    c.no("test-name", "it('rejects an expired access token', async () => {")
    c.no("test-name", "tests/auth/test_tokens.py::TestRefresh::test_rejects_reused_secret PASSED")
    c.no("constant", 'PASSWORD_RESET_TIMEOUT = "password_reset_timeout"')
    c.no("constant", "TOKEN_HEADER_NAME = 'X-Auth-Token'")
    c.no("constant", "const ERR_INVALID_PASSWORD = 'invalid_password';")
    c.no("constant", "MAX_TOKENS = 4096", "TOKEN_LIMIT = 128_000")
    c.no("constant", 'SECRET_NAME = "prod/payments/db-password"')
    c.no("long-identifier", "AbstractSingletonProxyFactoryBeanConfigurationPostProcessor2Test")
    c.no("long-identifier", "-[UICollectionViewCompositionalLayoutConfiguration setInterSectionSpacing:]")
    c.no("long-identifier", "kubernetes_service_account_token_automount_default_enabled_v1beta1 = true")
    c.no(
        "long-identifier", "_ZNSt6vectorIiSaIiEE17_M_realloc_insertIJRKiEEEvN9__gnu_cxx17__normal_iteratorIPiS1_EEDpOT_"
    )


def _plain_signs(c: Cases, p: Parts) -> None:
    c.no("decorator", "@pytest.fixture", "def client():", "    return Client()")
    c.no("decorator", "Why not `@functools.lru_cache` here? The input never changes.")
    c.no("decorator", "+@app.route('/login', methods=['POST'])", " def login():")
    c.no("decorator", "You want @staticmethod on this one.")
    c.no("decorator", "  @Input() disabled = false;", "  @Output() closed = new EventEmitter<void>();")
    c.no("java-annotation", "    @Override", "    public String toString() {")
    c.no("java-annotation", "Please add @Nullable, the map may not have the key.")
    c.no("java-annotation", '+    @JsonProperty("access_token")', "+    private String accessToken;")
    c.no("java-annotation", "@Autowired on a field makes this hard to test, use the constructor.")
    c.no("scoped-package", '+    "@types/node": "^20.11.5",')
    c.no("scoped-package", "import { render } from '@testing-library/react'")
    c.no("scoped-package", "Can we drop @babel/core now that esbuild does this?")
    c.no("scoped-package", "npx @biomejs/biome check --write")
    c.no("matrix-product", "hidden = x @ w1 + b1")
    c.no("matrix-product", "-    return np.dot(a, b)", "+    return a @ b.T")
    c.no("matrix-product", "I would write this as `q @ k.transpose(-2, -1)`.")
    c.no("remote-address", "git remote add origin git@github.com:acme/widgets.git")
    c.no("remote-address", "+source 'ssh://git@bitbucket.org/acme/widgets.git'")
    c.no("remote-address", 'pip install "git+https://github.com/acme/widgets@v2.1.0"')
    c.no("example-address", "curl -d 'email=user@example.com' http://localhost:8000/signup")
    c.no("example-address", 'assert User(email="alice@example.org").is_valid()')
    c.no("example-address", "+# e.g. jane.doe@example.net")
    c.no("doc-tag", " * @param token the token to verify", " * @return true if it is valid")
    c.no("doc-tag", "/** @deprecated use {@link #authenticate} */")
    c.no("doc-tag", "// @ts-ignore until the types are fixed upstream")
    c.no("at-rule", "@media (max-width: 600px) { .nav { display: none } }")
    c.no("at-rule", "+@import 'variables';", "+@include breakpoint(md) { padding: 0; }")
    c.no("repository-link", "Same bug as https://github.com/python/cpython/issues/91234, see the discussion there.")
    c.no("repository-link", "https://docs.python.org/3/library/secrets.html#secrets.token_urlsafe")
    c.no("repository-link", "See https://datatracker.ietf.org/doc/html/rfc6749#section-4.1 for the token request.")
    c.no("system-directory", "/home/runner/work/widgets/widgets/src/index.ts:10:5 - error TS2322")
    c.no("system-directory", "COPY --chown=node:node . /home/node/app")
    c.no("system-directory", "cp ~/.ssh/known_hosts /root/.ssh/known_hosts")
    c.no("system-directory", "app.get('/users/:id/password', requireAdmin, handler)")


def _plain_numbers(c: Cases, p: Parts) -> None:
    c.no("version", "Bump requests from 2.31.0 to 2.32.3")
    c.no("version", '[assembly: AssemblyVersion("4.12.0.1")]')
    c.no("version", "Rails 6.1.7.10 has the fix backported.")
    c.no("version", "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/124.0.6367.91")
    c.no("private-ip", "proxy_pass http://127.0.0.1:8080;")
    c.no("private-ip", '+  cidr_block = "10.0.12.0/24"')
    c.no("private-ip", "Bind to 0.0.0.0 inside the container, not to 192.168.1.20.")
    c.no("private-ip", "listen [::1]:8443 ssl;")
    c.no("timestamp", '{"ts": 1712345678901, "level": "info"}')
    c.no("timestamp", "created_at: 2024-03-05T14:22:31.123456Z")
    c.no("timestamp", "assert parse('2023-12-31') == date(2023, 12, 31)")
    c.no("timestamp", "20240305142231_add_password_digest_to_users.rb")
    c.no("number-id", "order_id = 4000123412341235")
    c.no("number-id", "SELECT * FROM events WHERE id IN (100200300, 100200301)")
    c.no("number-id", "const EPSILON = 0.000000000000000222")
    c.no("number-id", "ISBN 978-3-16-148410-0 explains the algorithm in chapter 4.")
    c.no("number-id", "assert fib(89) == 1779979416004714189")
    c.no("colour", "--accent: #1a2b3c; --shadow: #00000080;")
    c.no("colour", "color = 0xDEADBEEF")
    c.no("hex-literal", "static const uint8_t magic[] = {0x7f, 0x45, 0x4c, 0x46};")
    c.no("hex-literal", "#define POLY 0x04C11DB7u")


def _plain_prose(c: Cases, p: Parts) -> None:
    c.no("prose", "The token is refreshed hourly, so caching it for a day breaks at night.")
    c.no("prose", "Passwords must never be logged, not even at debug level.")
    c.no("prose", "nit: the password is validated twice here, once in the form and once in the model.")
    c.no("prose", "Could we keep the secret in the vault and mount it instead?")
    c.no("prose", "What happens if the password is empty?")
    c.no("prose", "Please rename `tok` to `token`; the parser's tokens and the auth token are easy to mix up.")
    c.no("prose", "Secret: true means that the field is masked in the UI.")
    c.no("prose", "I'd rather pass the key as an argument than read it from a global.")
    c.no("prose", "Let's meet @ 10 to talk about the schema.")
    c.no("prose", "The credentials are wrong in this test on purpose.")
    c.no("prose", "key: value pairs are sorted before hashing")
    c.no("prose", "`bearer` should be compared without regard to case, see the RFC.")
    c.no("log-line", "INFO  auth - password changed for user 4711")
    c.no("log-line", "error: token expected ')' before ';'")
    c.no("log-line", "E   SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON")
    c.no("log-line", "WARN  token cache miss, refreshing (ttl=3600s)")
    c.no(
        "diff-hunk",
        "@@ -10,7 +10,7 @@ def refresh(token):",
        "     now = clock()",
        "-    if token.expired:",
        "+    if token.expires <= now:",
    )
    c.no("diff-hunk", " form.add_field('password', PasswordField())", "-form.add_field('pw2', PasswordField())")
    c.no("diff-hunk", "+  - run: npm ci", "+  - run: npm test -- --coverage", "   - uses: codecov/codecov-action@v4")
    c.no("public-key", "ssh-keygen -t ed25519 -f deploy_key -N ''")
    c.no("public-key", "openssl genpkey -algorithm RSA -out key.pem", "# writes a private key, do not commit it")
    c.no("public-key", "if '-----BEGIN' not in text: raise ValueError('no PEM')")
    c.no("shell", 'for name in "${names[@]}"; do echo "$name"; done')
    c.no("shell", "git diff HEAD@{1} -- src")
    c.no("shell", 'exec "$@"')
    c.no("shell", "read -rsp 'Password: ' password")
