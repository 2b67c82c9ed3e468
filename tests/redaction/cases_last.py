"""A second measure, written without sight of the rules: only counts by kind are looked at."""

import base64
import json

from tests.redaction.parts import BASE32, HEX, LOWER, UPPER, Case, Cases, Parts, encode, groups

FIRST = "Aoife Benedek Cosima Dagny Emeka Fabiola Gintaras Hedvig Ileana Jorrit Khadija Lubomir Mireille Nasrin".split()
LAST = "Ambrosetti Brannagard Cieslewitz Dellamorte Egwuatun Fjordholm Grazhdan Hollenbrook Itzkovar Juhantalo".split()


def cases() -> list[Case]:
    """All cases, the same on each call."""
    found = Cases("last")
    for add in (
        _forges,
        _services,
        _models,
        _payments,
        _nameless_tokens,
        _passwords_in_files,
        _passwords_in_code,
        _passwords_on_the_way,
        _connections,
        _requests,
        _keys,
        _clusters_and_clouds,
        _disguised,
        _emails,
        _people,
        _figures,
        _plain_digests,
        _plain_gaps,
        _plain_code,
        _plain_settings,
        _plain_at,
        _plain_figures,
        _plain_output,
        _plain_talk,
    ):
        add(found, Parts(f"last {add.__name__}", FIRST, LAST))
    return found.found


def _forges(c: Cases, p: Parts) -> None:
    """Tokens for code, packages, and builds."""
    c.yes(
        "token-github",
        "gh" + "p_" + p.checked(),
        "      - uses: actions/checkout@v4",
        "        with:",
        "          token: §",
    )
    c.yes(
        "token-github",
        "gh" + "s_" + p.checked(),
        "+ git push https://x-access-token:§@github.com/fennel/site HEAD:gh-pages",
    )
    c.yes("token-github", "github_" + "pat_" + p.alnum(22) + "_" + p.alnum(59), '  "repos": 14,', '  "pat": "§"', "}")
    c.yes("token-github", "gh" + "p_" + p.checked(), "Oops, the trace above contains §. I have revoked it already.")
    c.yes("token-gitlab", "gl" + "pat-" + p.url64(20), "curl --header 'PRIVATE-TOKEN: §' $CI_API_V4_URL/projects")
    c.yes("token-gitlab", "gl" + "ptt-" + p.hex(40), "trigger:", "    - 'curl -X POST -F token=§ -F ref=main $HOOK'")
    c.yes("token-npm", "np" + "m_" + p.checked(), "COPY . .", "RUN npm config set //npm.fennel.example/:_authToken §")
    pypi = encode(b"\x02\x01\x08idx.test\x02\x24" + p.uuid().encode() + p.random.randbytes(96), url=True)
    c.yes("token-pypi", "py" + "pi-" + pypi, "[distutils]", "[pypi]", "username = __token__", "password = §")
    c.yes("token-crates", "ci" + "o" + p.alnum(32), "[registries.crates-io]", 'token = "§"')
    c.yes("token-circleci", "CCI" + "PRJ_" + p.alnum(22) + "_" + p.hex(40), "circle_token = os.environ.get('CT', '§')")
    c.yes("token-codecov", p.uuid(), "codecov:", "  token: §", "  require_ci_to_pass: yes")
    c.yes("token-snyk", p.uuid(), "+ENV SNYK_TOKEN=§")
    c.yes("token-sonarqube", "sq" + "a_" + p.hex(40), "sonar.token=§", "sonar.projectKey=fennel")
    c.yes(
        "token-docker", "dckr" + "_pat_" + p.url64(27), "echo '§' | docker login --username fennelci --password-stdin"
    )
    c.yes("token-jfrog", "AK" + "C" + p.alnum(70), "jf rt upload app.jar libs/ --access-token=§")
    c.yes(
        "token-terraform",
        p.alnum(14) + ".atlas" + "v1." + p.url64(67),
        "TF_TOKEN_app_terraform_io: §",
        "TF_IN_AUTOMATION: 1",
    )


def _services(c: Cases, p: Parts) -> None:
    """Tokens for hosting, watching, mailing, and talking."""
    c.yes("token-aws", "AK" + "IA" + p.chars(BASE32, 16), "[profile ci]", "aws_access_key_id=§", "output=json")
    c.yes("token-aws", "AK" + "IA" + p.chars(BASE32, 16), "Why is § in the Lambda's test event? Please take it out.")
    c.yes(
        "token-google",
        "AI" + "za" + "Sy" + p.url64(33),
        "<script src='https://maps.googleapis.com/maps/api/js?key=§&v=3'>",
    )
    c.yes("token-google", "ya" + "29." + p.url64(180), "> Authorization: Bearer §", "< HTTP/2 403")
    c.yes("token-azure", p.alnum(3) + "8Q~" + p.url64(34), "az login --service-principal -u $APP -p § --tenant $TENANT")
    c.yes("token-digitalocean", "do" + "p_v1_" + p.hex(64), "doctl auth init -t §", "doctl apps list")
    c.yes("token-heroku", "HRKU" + "-" + "AA" + p.url64(58), "HEROKU_API_KEY: §", "HEROKU_APP_NAME: fennel")
    c.yes("token-render", "rn" + "d_" + p.alnum(28), "curl -s api.render.com/v1/services -H 'authorization: Bearer §'")
    c.yes("token-cloudflare", p.url64(40), "[env.production.vars]", 'CF_API_TOKEN = "§"')
    c.yes("token-doppler", "dp" + ".st.prd." + p.alnum(43), "ENTRYPOINT doppler run --token § -- ./serve")
    c.yes("token-vault", "hv" + "s." + p.url64(95), "+client.token = '§'", "+client.kv.put('a', 'b')")
    c.yes("token-datadog", p.hex(32), "datadog:", "  site: datadoghq.eu", "  apiKey: §")
    c.yes("token-grafana", "gl" + "sa_" + p.alnum(32) + "_" + p.hex(8), "grafana = GrafanaClient(url, auth='§')")
    c.yes("token-sentry", "sntr" + "yu_" + p.hex(64), "[auth]", "token=§", "[defaults]", "org=fennel")
    c.yes(
        "token-slack",
        "xo" + f"xb-{p.digits(12)}-{p.digits(13)}-{p.alnum(24)}",
        "slack:",
        "  bot: §",
        "  channel: '#ops'",
    )
    c.yes(
        "token-slack", "xo" + f"xp-{p.digits(12)}-{p.digits(12)}-{p.digits(12)}-{p.hex(32)}", "client = WebClient('§')"
    )
    c.yes("token-discord", "MT" + p.alnum(24) + "." + p.alnum(6) + "." + p.url64(38), "bot.run('§')  # my test guild")
    c.yes("token-telegram", p.digits(10) + ":" + "AA" + p.url64(33), "TELEGRAM_BOT: '§'", "TELEGRAM_CHAT: '-1001'")
    c.yes("token-twilio", p.hex(32), f"client = Client('{'A' + 'C' + p.hex(32)}', auth_token='§')")
    c.yes("token-sendgrid", "S" + "G." + p.url64(22) + "." + p.url64(43), "mailer = SendGridAPIClient('§')")
    c.yes(
        "token-mailgun",
        "ke" + "y-" + p.hex(32),
        "curl -s --user 'api:§' https://api.mailgun.net/v3/mg.fennel.example/log",
    )
    c.yes("token-mailchimp", p.hex(32) + "-us" + "7", "MAILCHIMP_KEY=§", "MAILCHIMP_LIST=12ab")
    c.yes("token-brevo", "xkey" + "sib-" + p.hex(64) + "-" + p.alnum(16), "defaultClient.apiKey = '§'")
    c.yes(
        "token-atlassian",
        "AT" + "ATT3" + "xFfGF0" + p.url64(170) + "=" + p.hex(8).upper(),
        "jira = JIRA(url, token_auth='§')",
    )
    c.yes("token-linear", "li" + "n_api_" + p.alnum(40), "LINEAR=§ yarn sync:issues")
    c.yes("token-notion", "nt" + "n_" + p.digits(11) + p.alnum(35), "new Client({ auth: '§', notionVersion: 'v1' })")
    c.yes("token-hubspot", "pa" + "t-eu1-" + p.uuid(), "hubspot.Client({ accessToken: '§' })")


def _models(c: Cases, p: Parts) -> None:
    """Tokens for services that run models."""
    middle = "T3B" + "lbkFJ"
    c.yes(
        "token-openai",
        "sk-" + "proj-" + p.url64(74) + middle + p.url64(74),
        "chat = ChatOpenAI(openai_api_key='§', temperature=0)",
    )
    c.yes("token-openai", "sk-" + p.alnum(20) + middle + p.alnum(20), '   "source": ["%env OPENAI_API_KEY=§\\n"]')
    c.yes(
        "token-anthropic",
        "sk-" + "ant-api03-" + p.url64(93) + "AA",
        "claude = anthropic.AsyncAnthropic(auth_token='§', max_retries=1)",
    )
    c.yes(
        "token-huggingface",
        "h" + "f_" + p.chars(UPPER + LOWER, 34),
        "tok = AutoTokenizer.from_pretrained(m, token='§')",
    )
    c.yes(
        "token-openrouter",
        "sk-" + "or-v1-" + p.hex(64),
        '  "apiBase": "https://openrouter.ai/api/v1",',
        '  "apiKey": "§"',
    )
    c.yes("token-wandb", p.hex(40), "!wandb login §")


def _payments(c: Cases, p: Parts) -> None:
    c.yes("token-stripe", "sk" + "_live_" + p.alnum(24), "Stripe.api_key = '§'  # TODO move to credentials")
    c.yes(
        "token-stripe",
        "wh" + "sec_" + p.alnum(32),
        "stripe listen --forward-to :3000",
        "> Ready! Your signing secret is §",
    )
    c.yes("token-shopify", "shp" + "at_" + p.hex(32), "-H 'X-Shopify-Access-Token: §'")
    c.yes("token-plaid", "access" + "-production-" + p.uuid(), "client.accounts_get({'access_token': '§'})")
    c.yes("token-paypal", "E" + p.url64(79), f"PAYPAL_CLIENT_ID={'A' + p.url64(79)}", "PAYPAL_CLIENT_SECRET=§")


def _nameless_tokens(c: Cases, p: Parts) -> None:
    """Tokens that only their surroundings give away."""
    c.yes("token-generic", p.hex(40), '+    private static final String API_TOKEN = "§";')
    c.yes("token-generic", p.alnum(32), "[[services]]", "name = 'weather'", "apikey = '§'")
    c.yes("token-generic", p.url64(43), "SECRET_KEY_BASE: §", "RAILS_ENV: production")
    c.yes("token-generic", p.mixed(50).replace("=", "x"), "SECRET_KEY = '§'", "DEBUG = True")
    c.yes("token-generic", p.b64(32), "APP_KEY=base64:§", "APP_DEBUG=false")
    c.yes("token-generic", p.alnum(28), '       "client_id": "web-ui",', '+      "client_secret": "§",')
    c.yes("token-generic", p.hex(64), "encryption_key: §", "cipher: aes-256-gcm")
    c.yes("token-generic", p.alnum(26), "You can use my personal access token in the meantime: §")
    c.yes("token-generic", p.hex(24), "[cell 4] API_KEY = '§'", "[cell 5] fetch(API_KEY)[:3]")


def _passwords_in_files(c: Cases, p: Parts) -> None:
    c.yes("password-config", p.mixed(14), "spring:", "  datasource:", "    username: ledger", '    password: "§"')
    c.yes("password-config", p.phrase(), "[client]", "user=backup", "password=§")
    c.yes(
        "password-config",
        p.alnum(18),
        'resource "aws_db_instance" "main" {',
        '  username = "root"',
        '  password = "§"',
        "}",
    )
    c.yes("password-config", p.mixed(12), "admin_password: '§'  # ansible group_vars/all.yml")
    c.yes("password-config", p.word() + p.digits(3), "    services:", "      rabbit:", "        default_pass: §")
    c.yes("password-config", p.mixed(15), "{", '  "smtp": {"user": "robot", "pass": "§"}', "}")
    c.yes("password-config", p.phrase(), "-requirepass §", "+requirepass ${REDIS_PASS}")
    c.yes("password-config", p.alnum(12), "storePassword=§", "keyAlias=upload", "storeFile=../upload.jks")
    c.yes("password-config", p.word(4), '  <add key="SmtpPassword" value="§"/>')
    c.yes(
        "password-env", p.mixed(13), "    environment:", "      - MYSQL_ROOT_PASSWORD=§", "      - MYSQL_DATABASE=shop"
    )
    c.yes("password-env", p.phrase(), "      POSTGRES_PASSWORD: §")
    c.yes("password-env", p.alnum(15), "+export GRADLE_KEYSTORE_PASS=§")
    c.yes("password-env", p.mixed(12), "SMTP_HOST=mail", "SMTP_PASS='§'")
    c.yes("password-env", p.word() + p.digits(2), "ENV GF_SECURITY_ADMIN_PASSWORD §")
    c.yes("password-env", p.alnum(14), "  - export TF_VAR_db_password=§", "  - terraform plan")
    c.yes("netrc", p.alnum(16), "default login anonymous", "machine nexus.fennel.example login deploy password §")


def _passwords_in_code(c: Cases, p: Parts) -> None:
    c.yes("password-code", p.mixed(13), "conn = psycopg2.connect(host=HOST, user='etl', password='§')")
    c.yes("password-code", p.phrase(), "const ADMIN = { email: 'root@example.org', password: '§' };")
    c.yes("password-code", p.mixed(10), 'DriverManager.getConnection(url, "sa", "§");')
    c.yes("password-code", p.word() + p.digits(2), "+    client.connect(host, username='pi', password='§', timeout=5)")
    c.yes("password-code", p.phrase(), "if (input === '§') { unlock(); } // master password")
    c.yes("password-code", p.mixed(12), "    self.client.login(username='alice', password='§')")
    c.yes("password-code", p.alnum(11), '$mail->Username = "shop"; $mail->Password = "§";')
    c.yes("password-code", p.mixed(14), 'cfg := mysql.Config{User: "app", Passwd: "§", Net: "tcp"}')
    c.yes("password-code", p.word(), "cy.get('[name=pw]').type('§{enter}')")
    c.yes("password-code", p.phrase(), "    DEFAULT_PASSWORD: ClassVar[str] = '§'")
    c.yes("password-code", p.mixed(16), '    .password("§".toCharArray())')
    c.yes("password-code", p.mixed(11), "users: [", "  { name: 'demo', pwd: '§' },", "],")
    c.yes("password-sql", p.alnum(13), "GRANT ALL ON shop.* TO 'app'@'%' IDENTIFIED BY '§';")
    c.yes("password-sql", p.mixed(12), "+ALTER ROLE readonly WITH LOGIN PASSWORD '§';")
    c.yes("password-sql", p.phrase(), "INSERT INTO users (login, password) VALUES ('boss', '§');")


def _passwords_on_the_way(c: Cases, p: Parts) -> None:
    """Passwords in commands, logs, and talk."""
    c.yes("password-cli", p.alnum(11), "  412  PGPASSWORD=§ psql -h pg-3 -U ledger", "  413  exit")
    c.yes(
        "password-cli",
        p.mixed(12).replace("!", "x").replace("*", "y"),
        "curl -sS -u jenkins:§ https://ci.fennel.example/crumb",
    )
    c.yes("password-cli", p.word(), "mongosh --host db --username root --password § --eval 'rs.status()'")
    c.yes("password-cli", p.phrase(), "keytool -importkeystore -storepass § -srckeystore a.p12")
    c.yes("password-cli", p.alnum(14), "RUN echo 'root:§' | chpasswd")
    c.yes("password-cli", p.alnum(10), "docker login -u robot -p § registry.fennel.example")
    c.yes("password-cli", p.mixed(13).replace("!", "x"), "kubectl create secret generic db --from-literal=password='§'")
    c.yes("password-log", p.mixed(12), '2024-02-09T08:11:40Z TRACE auth request {"user":"amy","password":"§"}')
    c.yes("password-log", p.phrase(), "mariadb  | GENERATED ROOT PASSWORD: §")
    c.yes("password-log", p.alnum(12), 'Using config: Config { db_user: "app", db_password: "§", pool: 5 }')
    c.yes("password-prose", p.mixed(10), "To test this locally sign in as `admin` with password `§`.")
    c.yes("password-prose", p.phrase(), "The staging password is § until Friday, then we rotate.")
    c.yes("password-prose", p.word() + p.digits(4), "nit: please don't commit the real password (§) even for a test")
    c.yes("password-prose", p.mixed(12), "Username: guest", "Password: §", "", "Steps to reproduce: log in twice")
    c.yes(
        "password-prose",
        p.phrase(),
        "I logged in with reviewer / § and still see the old page. Password reset did not help.",
    )
    c.yes("password-prose", p.mixed(11), "the passphrase for the signing key was set to § back then")


def _connections(c: Cases, p: Parts) -> None:
    c.yes("connection", p.alnum(14), "+DATABASE_URL=postgres://ledger:§@db.fennel.example:5432/ledger?sslmode=require")
    c.yes("connection", p.word() + p.digits(2), "mongodb+srv://reader:§@cluster0.ab1cd.mongodb.net/?retryWrites=true")
    c.yes("connection", p.alnum(20), "Server=tcp:sql-7,1433;Database=crm;User ID=crm_app;Password=§;Encrypt=True;")
    c.yes("connection", p.alnum(16), "broker_url = 'amqp://worker:§@rabbit:5672/prod'")
    c.yes("connection", p.alnum(24), "redis.createClient({ url: 'redis://default:§@redis-14:6379' })")
    c.yes("connection", p.phrase(), "jdbc:mysql://mysql-2:3306/shop?user=shop&password=§&useSSL=false")
    c.yes(
        "connection",
        p.b64(64),
        "DefaultEndpointsProtocol=https;AccountName=fennel;AccountKey=§;EndpointSuffix=core.windows.net",
    )
    c.yes("connection", p.word(), "FATAL: could not connect to mysql://root:§@127.0.0.1:3307/test")
    c.yes("connection", p.alnum(15), "pip install --extra-index-url https://reader:§@pypi.fennel.example/simple ledger")


def _requests(c: Cases, p: Parts) -> None:
    c.yes("basic-auth", encode(f"monitor:{p.alnum(14)}".encode()), "headers = {'Authorization': 'Basic §'}")
    c.yes("basic-auth", p.alnum(13), "requests.get(URL, auth=HTTPBasicAuth('svc', '§'))")
    c.yes("header", p.alnum(40), 'curl -X POST -H "Authorization: Bearer §" localhost:8000/jobs')
    c.yes("header", p.hex(32), "fetch(url, { headers: { 'X-API-Key': '§' } })")
    c.yes("header", p.url64(36), "request.setRequestHeader('Authorization', 'Token §');")
    c.yes("cookie", p.alnum(32), "Cookie: theme=dark; sessionid=§; lang=en")
    c.yes("cookie", p.hex(26), "Set-Cookie: PHPSESSID=§; path=/; HttpOnly")
    c.yes("cookie", p.url64(64), "  -H 'cookie: connect.sid=s%3A§' --compressed")
    c.yes("jwt", p.jwt(sub="41", role="service"), "SUPABASE_SERVICE_ROLE_KEY=§")
    c.yes("jwt", p.jwt("ES256", jti=p.uuid()), '127.0.0.1 - - "GET /ws?access_token=§ HTTP/1.1" 101')
    slack = f"https://hooks.slack.com/{'services'}/T{p.alnum(8).upper()}/B{p.alnum(10).upper()}/§"
    c.yes("webhook", p.alnum(24), "receivers:", "- name: pager", "  slack_configs:", f"  - api_url: {slack}")
    c.yes("webhook", p.url64(68), f'WEBHOOK = "https://discord.com/api/{"webhooks"}/{p.digits(18)}/§"')
    c.yes("query-token", p.hex(32), "axios.get(`https://api.weather.example/v1/now?q=Oslo&appid=§`)")
    c.yes("query-token", p.alnum(30), "https://files.fennel.example/report.csv?access_token=§ works without login")


def _keys(c: Cases, p: Parts) -> None:
    rsa = p.pem("RSA PRIVATE KEY", bytes.fromhex("308204a40201000282010100"), 500)
    c.yes("private-key", rsa[6], "+" + "\n+".join([*rsa[:6], "§", *rsa[7:]]))
    pk8 = p.pem("PRIVATE KEY", bytes.fromhex("308204be020100300d0609"), 460)
    flat = "\\n".join([*pk8[:4], "§", *pk8[5:]])
    c.yes(
        "private-key", pk8[4], '  "type": "service_account",', f'  "private_key": "{flat}\\n",', '  "client_id": "10"'
    )
    ec = p.pem("EC PRIVATE KEY", bytes.fromhex("30770201010420"), 114)
    c.yes("private-key", ec[1], "KEY = '''" + ec[0], "§", *ec[2:], "'''")
    ssh = p.pem("OPENSSH PRIVATE KEY", b"openssh-key-v1\0\0\0\0\4none", 330)
    c.yes("private-key", ssh[3], "RUN cat > /root/.ssh/id_ed25519 <<EOF", *ssh[:3], "§", *ssh[4:], "EOF")
    pgp = p.pem("PGP PRIVATE KEY BLOCK", bytes.fromhex("9503"), 260)
    c.yes("private-key", pgp[2], pgp[0], "", pgp[1], "§", *pgp[3:])
    cut = p.pem("RSA PRIVATE KEY", bytes.fromhex("308204a40201000282010100"), 500)
    c.yes("private-key-cut", cut[2], "@@ -0,0 +1,27 @@", *(f"+{line}" for line in cut[:2]), "+§", "+" + cut[3])
    tail = p.pem("PRIVATE KEY", bytes.fromhex("308204be020100"), 420)
    c.yes(
        "private-key-cut", tail[-4], f" {tail[-5]}", " §", *(f" {line}" for line in tail[-3:]), "+", "+# end of fixture"
    )


def _clusters_and_clouds(c: Cases, p: Parts) -> None:
    c.yes(
        "kubernetes-secret", encode(p.mixed(13).encode()), "kind: Secret", "type: Opaque", "data:", "  DB_PASSWORD: §"
    )
    c.yes("kubernetes-secret", p.mixed(15), "kind: Secret", "stringData:", "  admin-password: '§'")
    docker = encode(f"fennelbot:{p.alnum(18)}".encode())
    c.yes("kubernetes-secret", docker, '"registry.fennel.example": {"auth": "§", "email": ""}')
    key = "AK" + "IA" + p.chars(BASE32, 16)
    c.yes("cloud-secret", p.b64(30), 'provider "aws" {', f'  access_key = "{key}"', '  secret_key = "§"', "}")
    key = "AK" + "IA" + p.chars(BASE32, 16)
    c.yes("cloud-secret", p.b64(30), f"boto3.client('s3', aws_access_key_id='{key}', aws_secret_access_key='§')")
    c.yes("cloud-secret", p.b64(30), "+ENV AWS_SECRET_ACCESS_KEY=§")
    c.yes(
        "cloud-secret",
        p.alnum(30),
        f"new OSS({{ accessKeyId: '{'LT' + 'AI5t' + p.alnum(18)}', accessKeySecret: '§' }})",
    )


def _disguised(c: Cases, p: Parts) -> None:
    """Secrets that are encoded or split."""
    inner = "gh" + "p_" + p.checked()
    c.yes("base64-wrapped", encode(inner.encode()), "echo § | base64 -d > ~/.gh-token")
    inner = json.dumps({"user": "ci", "password": p.alnum(16)})
    c.yes("base64-wrapped", encode(inner.encode()), "REGISTRY_CREDENTIALS_B64=§")
    inner = "sk" + "_live_" + p.alnum(24)
    c.yes("hex-wrapped", inner.encode().hex(), "stripe_key = bytes.fromhex('§').decode()")
    c.yes("split-token", p.alnum(36), "TOKEN = ('gh' 'p_'", "         '§')")
    c.yes("split-token", p.hex(20), f"const apiKey = '{p.hex(20)}' +", "  '§';")
    seed = base64.b32encode(p.random.randbytes(20)).decode()
    c.yes("one-time-secret", seed, "oathtool --totp -b §")
    c.yes("one-time-secret", p.chars(BASE32, 16), "pyotp.TOTP('§').now()")


def _emails(c: Cases, p: Parts) -> None:
    c.yes("email", p.email(), "# Maintainer: §")
    c.yes("email", p.email(), "GIT_COMMITTER_EMAIL=§ git rebase -i")
    c.yes("email", p.email(), '  "author": "somebody <§>",')
    c.yes("email", p.email("gmail.com"), "Mail me at § if the invite does not arrive.")
    c.yes("email", p.email(), "users.create({ email: '§', plan: 'free' })")
    c.yes("email", p.email("gmail.com").replace("@", "+ci@"), "ALERT_EMAIL=§")
    c.yes("email", p.email(), "- mailto:§")
    c.yes("email", p.email(), "ERROR smtplib: recipient refused: {'§': (550, b'no such user')}")
    c.yes("email", p.email(), "INSERT INTO customer VALUES (7, 'n/a', '§');")
    c.yes("email", p.email("proton.me"), "Signed-off-by: A Contributor <§>")
    c.yes("email", p.email(), "  spec.email         = ['§']")
    c.yes("email", p.email(), "Subject line is wrong when § forwards the digest.")
    c.yes("email", p.email(), 'assert result.owner == "§"')
    c.yes("email", p.email().upper(), "+ { id: 3, contact: '§' },")
    c.yes(
        "email-obfuscated", p.email().replace("@", " [at] ").replace(".", " [dot] "), "Vulnerabilities go to §, please."
    )
    c.yes("email-obfuscated", p.email().replace("@", " AT "), "write to § with the crash dump")


def _people(c: Cases, p: Parts) -> None:
    c.yes("mention", p.login(), "@§ could you take another look?")
    c.yes("mention", p.login(), "Good catch @§, fixed in the last commit.")
    c.yes("mention", p.login(), "fyi @§, this touches your cache")
    c.yes("mention", p.login(), "As @§ said, this belongs in the parser.")
    c.yes("mention", p.login(), "> @§ wrote:", "> why not a set?", "", "Order matters here.")
    c.yes("mention", p.login(), "I'd leave that to @§'s follow-up.")
    c.yes("mention", p.login(), "- [ ] docs (@§)")
    c.yes("mention", p.login(), "// TODO(@§): drop once 3.8 is gone")
    c.yes("mention", p.login(), "LGTM, waiting for @§!")
    c.yes("mention", p.login(), "Assignee is @§ now.")
    c.yes("mention", p.login(), "/docs/**  @§ @fennel/writers")
    c.yes("name-trailer", p.name(), "Signed-off-by: § <dev@example.com>")
    c.yes("name-trailer", p.name(), "fix: close the pool", "", "Co-authored-by: § <pair@example.com>")
    c.yes("name-trailer", p.name(), "Reviewed-by: § <r@example.net>")
    c.yes("name-trailer", p.name(), "Reported-by: §", "Cc: stable@example.org")
    c.yes(
        "name-git-log", p.name(), "Author: § <a@example.com>", "Date:   Fri Jan 12 18:20:41 2024 +0000", "", "    wip"
    )
    c.yes("name-git-log", p.name(), f"^{p.hex(7)} (§ 2022-08-30 10:02:51 +0200 118) return None")
    c.yes("profile-link", p.login(), "Kudos to https://github.com/§ for the reproduction.")
    c.yes("profile-link", p.login(), "See [their thread](https://twitter.com/§/status/1) about the flag.")
    c.yes("profile-link", p.login(), "by [the author](https://www.linkedin.com/in/§/)")
    c.yes("home-directory", p.login(), 'File "/home/§/src/ledger/app.py", line 31, in main')
    c.yes("home-directory", p.login(), "+PYTHON=/Users/§/.pyenv/shims/python")
    c.yes("home-directory", p.login(), "C:\\Users\\§\\source\\repos\\Ledger\\Program.cs(18,5): error CS0103")
    c.yes("home-directory", p.login(), '"args": ["--config", "/home/§/.config/ledger.toml"]')
    c.yes("home-directory", p.login(), "os.chdir(r'C:\\Users\\§\\Downloads')")
    c.yes("home-directory", p.login(), "volumes:", "  - /home/§/data:/data:ro")


def _figures(c: Cases, p: Parts) -> None:
    c.yes("phone", f"+49 151 2345{p.digits(4)}", "call me on § if the deploy hangs")
    c.yes("phone", f"({p.area()}) 555-{p.digits(4)}", "const SUPPORT_PHONE = '§';")
    c.yes("phone", f"+44 7700 900{p.digits(3)}", "{ name: 'x', phone: '§' }")
    c.yes("phone", f"+33 6 12 34 {p.digits(2)} {p.digits(2)}", "On-call number: §")
    c.yes("phone", f"+91 98765 {p.digits(5)}", "INSERT INTO contact (mobile) VALUES ('§');")
    c.yes("phone", f"+1-{p.area()}-555-{p.digits(4)}", "twilio send failed for to=§ (21211)")
    c.yes("public-ip", p.ip(), "ssh deploy@§ 'systemctl restart web'")
    c.yes("public-ip", p.ip(), "ALLOWED_HOSTS = ['localhost', '§']")
    c.yes("public-ip", p.ip(), '§ - - [09/Feb/2024:08:11:40 +0000] "GET / HTTP/1.1" 200 612')
    c.yes("public-ip", p.ip(), '+  cidr_blocks = ["§/32"] # office')
    c.yes("public-ip", p.ip(), "dial tcp §:5432: connect: connection refused")
    c.yes("public-ip", p.ip6("2a01:4f8"), "ping6 § times out from the runner")
    c.yes("card", p.card("4539"), "order = Order(card_number='§', cvv='123')")
    c.yes("card", groups(p.card("5241"), 4, "-"), "A customer wrote § into the notes field.")
    c.yes("card", groups(p.card("4716")), "primary_account_number: §")
    c.yes("iban", groups(p.iban("DE", "37040", 22)), "refund went to § by mistake")
    c.yes("iban", p.iban("FR", "30006", 27), "assert is_valid('§')")
    c.yes("iban", p.iban("NL", "ABNA", 18), '"iban": "§", "currency": "EUR"')


def _plain_digests(c: Cases, p: Parts) -> None:
    c.no("git-hash", f"Fixed in {p.hex(40)}, backport follows.")
    c.no("git-hash", f"index {p.hex(7)}..{p.hex(7)} 100644", "--- a/app.py", "+++ b/app.py")
    c.no("git-hash", f"- uses: actions/setup-node@{p.hex(40)} # v4.0.2")
    c.no("git-hash", f"Subproject commit {p.hex(40)}")
    c.no("git-hash", f"ledger @ git+https://github.com/fennel/ledger@{p.hex(40)}")
    c.no("uuid", f"request_id={p.uuid()} status=502")
    c.no("uuid", f"const DEVICE_SERVICE = '{p.uuid()}';")
    c.no("uuid", f'<Project Include="Ledger" Guid="{{{p.uuid().upper()}}}" />')
    c.no("uuid", f"down_revision = '{p.hex(12)}'", f"tenant = UUID('{p.uuid()}')")
    c.no("checksum", f"image: nginx:1.25@sha256:{p.hex(64)}")
    c.no("checksum", f'  sha256 "{p.hex(64)}"', "  license 'MIT'")
    c.no("checksum", f"echo '{p.hex(64)} *jq' | sha256sum -c -")
    c.no("checksum", f"md5: {p.hex(32)}", "size: 10240")
    c.no("checksum", f'<script src="a.js" integrity="sha384-{p.b64(48)}" crossorigin="anonymous">')
    c.no("lock-file", f"github.com/fennel/ring v1.4.2 h1:{p.b64(32)}")
    c.no("lock-file", "[[package]]", 'name = "serde"', f'checksum = "{p.hex(64)}"')
    c.no(
        "lock-file",
        f'resolved "https://mirror.fennel.example/ms/-/ms-2.1.3.tgz#{p.hex(40)}"',
        f"integrity sha512-{p.b64(64)}",
    )
    c.no("lock-file", f'    {{file = "idna-3.6-py3-none-any.whl", hash = "sha256:{p.hex(64)}"}},')
    c.no("lock-file", '"dist": {', f'  "shasum": "{p.hex(40)}",', f'  "reference": "{p.hex(40)}"')
    c.no("asset", f"background-image: url(data:image/png;base64,iVBORw0KGgo{p.b64(66)});")
    c.no("asset", f'"image/png": "iVBORw0KGgoAAAANSUhEUgAA{p.b64(90)}",')
    c.no("asset", f'<link rel="stylesheet" href="/static/main.{p.hex(8)}.css">')
    c.no("asset", f'"main.js": "static/js/main.{p.hex(8)}.chunk.js",')
    rule = "-" * 5
    lines = [f"{rule}BEGIN CERTIFICATE{rule}", "MIIF" + p.b64(45), p.b64(48), f"{rule}END CERTIFICATE{rule}"]
    c.no("certificate", "caBundle: |", *(f"  {line}" for line in lines))
    c.no("public-key", f"{rule}BEGIN RSA PUBLIC KEY{rule}", "MIIB" + p.b64(45), f"{rule}END RSA PUBLIC KEY{rule}")


def _plain_gaps(c: Cases, p: Parts) -> None:
    """Where a secret would stand and none does."""
    c.no("placeholder", "API_KEY=changeme")
    c.no("placeholder", "password: <your password here>")
    c.no("placeholder", 'token = "xxxxxxxxxxxxxxxxxxxx"')
    c.no("placeholder", "DB_PASSWORD=", "DB_USER=")
    c.no("placeholder", 'client_secret: "********"')
    c.no("placeholder", "AWS_ACCESS_KEY_ID=<access-key-id>", "AWS_SECRET_ACCESS_KEY=<secret-access-key>")
    c.no("placeholder", "GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
    c.no("placeholder", "X-Api-Key: <paste the key here>")
    c.no("placeholder", "postgres://USER:PASSWORD@HOST:PORT/NAME")
    c.no("placeholder", "export OPENAI_API_KEY=sk-...")
    c.no("placeholder", "secret_key: REPLACE_ME")
    c.no("placeholder", "password=null, token=undefined, secret=None")
    c.no("environment-lookup", "mail_password=os.getenv('MAIL_PASSWORD', default=None)")
    c.no("environment-lookup", "const apiKey = process.env.WEATHER_API_KEY ?? '';")
    c.no("environment-lookup", "          token: ${{ secrets.RELEASE_TOKEN }}")
    c.no("environment-lookup", "password = var.db_password")
    c.no("environment-lookup", "MYSQL_PASSWORD: ${MYSQL_PASSWORD:?unset}")
    c.no("environment-lookup", "spring.datasource.password=${DB_PASS}")
    c.no("environment-lookup", "TOKEN=$(gh auth token)")
    c.no("environment-lookup", "password: {{ .Values.db.password | quote }}")
    c.no("environment-lookup", 'api_key: "{{ vault_api_key }}"')
    c.no("environment-lookup", 'let token = std::env::var("API_TOKEN")?;')
    c.no("environment-lookup", "SECRET_KEY = config('SECRET_KEY', cast=str)")
    c.no("environment-lookup", "postgresql://${DB_USER}:${DB_PASS}@${DB_HOST}/ledger")
    c.no("environment-lookup", "password = getpass.getpass('Database password: ')")
    c.no("environment-lookup", "secret = secrets.token_urlsafe(32)")
    c.no("environment-lookup", 'var pwd = Configuration["Smtp:Password"];')


def _plain_code(c: Cases, p: Parts) -> None:
    c.no("signature", "def authenticate(username: str, password: str) -> User | None:")
    c.no("signature", "func NewClient(apiKey string, opts ...Option) (*Client, error) {")
    c.no("signature", "protected void changePassword(String oldPassword, String newPassword) throws AuthException {")
    c.no("signature", "fn verify_token(token: &str, secret: &[u8]) -> Result<Claims> {")
    c.no("signature", "async function resetPassword({ email, token, newPassword }) {")
    c.no("signature", "return Session(user=user, token=create_token(user), secret=self._secret)")
    c.no("signature", "if (!token || token.expired) throw new TokenExpiredError();")
    c.no("signature", "password_hash($password, PASSWORD_DEFAULT);")
    c.no("signature", "token = parser.next_token()", "while token.kind != Kind.EOF:")
    c.no("signature", "conn = connect(host=host, user=user, password=password)")
    c.no("signature", "-    api_key=api_key,", "+    api_key=settings.api_key,")
    c.no("signature", "assert_eq!(user.password_digest.len(), 60);")
    c.no("type-hint", "type LoginForm = { login: string; password: string; otp?: string };")
    c.no("type-hint", "password: SecretStr | None = None")
    c.no("type-hint", "token: Mapped[str] = mapped_column(String(64), unique=True)")
    c.no("type-hint", "private final char[] keystorePassword;")
    c.no("type-hint", "Token *token; size_t secret_len;")
    c.no("type-hint", "apiKey: z.string().min(20).optional(),")
    c.no("protobuf", "optional string refresh_token = 12 [deprecated = true];")
    c.no("migration", "migrations.AddField('user', 'password_changed_at', models.DateTimeField(null=True))")
    c.no("migration", "op.add_column('session', sa.Column('token', sa.String(length=128)))")
    c.no("migration", "class AddResetTokenToUsers < ActiveRecord::Migration[7.1]", "  add_index :users, :reset_token")
    c.no("sql", "SELECT id, password FROM users WHERE email = $1 LIMIT 1;")
    c.no("sql", "CREATE TABLE api_token (id BIGSERIAL PRIMARY KEY, token_hash BYTEA NOT NULL);")
    c.no("sql", "UPDATE account SET password = :password WHERE id = :id")
    c.no(
        "graphql",
        "mutation Login($email: String!, $password: String!) { login(email: $email, password: $password) { token } }",
    )
    c.no("graphql", "type AuthPayload { token: ID!, refreshToken: String, user: User! }")
    c.no("regex", r"re.compile(r'[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}')")
    c.no("regex", r"AWS_KEY = re.compile(r'AKIA[0-9A-Z]{16}')")
    c.no("regex", r"^(?=.*[A-Z])(?=.*\d)[A-Za-z\d]{8,}$")
    c.no("regex", r"s/password=[^&]*/password=***/g")
    c.no("regex", r"/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i")
    c.no("constant", "const TOKEN_STORAGE_KEY = 'auth_token';")
    c.no("constant", "ERR_INVALID_PASSWORD = 'invalid_password'")
    c.no("constant", 'pub const API_KEY_HEADER: &str = "x-api-key";')
    c.no("constant", "PASSWORD_RESET_TIMEOUT = 60 * 60 * 24")
    c.no("test-name", "def test_login_fails_with_wrong_password(client):")
    c.no("test-name", "it('stores the refresh token in a cookie', async () => {")
    c.no("long-identifier", "com.fennel.ledger.reconciliation.StatementImportTransactionManagerConfiguration")
    c.no("long-identifier", "kubernetes.io/service-account-token", "node-role.kubernetes.io/control-plane")
    c.no("long-identifier", "from ledger.importers.statement_reconciliation_v2 import reconcile_open_transactions")
    c.no("hex-literal", "assert packet == b'\\x00\\x1f\\x8b\\x08\\xde\\xad'")


def _plain_settings(c: Cases, p: Parts) -> None:
    c.no("configuration-key", "password_encryption = scram-sha-256")
    c.no("configuration-key", "show_password: true", "remember_token_days: 14")
    c.no("configuration-key", "automountServiceAccountToken: false")
    c.no("configuration-key", "imagePullSecrets:", "  - name: registry-credentials")
    c.no("configuration-key", "passwordAuthentication no", "PermitRootLogin prohibit-password")
    c.no("configuration-key", "api_key_required = true", "api_key_location = header")
    c.no("configuration-key", "volumeMounts: [{ name: token, mountPath: /var/run/secrets/tokens }]")
    c.no("configuration-key", "auth: { type: oauth2, token_url: https://sso.fennel.example/token }")
    c.no("configuration-key", "password_file: /run/secrets/db_password")
    c.no("configuration-key", "private_key_path = ~/.ssh/id_ed25519")
    c.no("unit-name", "systemctl enable backup@nightly.timer")
    c.no("repository-link", "See https://github.com/python/cpython/issues/91133 and the linked PR.")
    c.no("repository-link", "https://docs.djangoproject.com/en/5.0/topics/auth/passwords/#password-validation")
    c.no("repository-link", "RFC: https://www.rfc-editor.org/rfc/rfc6750#section-2.1")
    c.no("repository-link", f"https://github.com/fennel/ledger/blob/{p.hex(40)}/src/auth/token.rs#L10-L24")
    c.no("system-directory", "/home/runner/work/ledger/ledger/src/token.c:88:3: warning: unused variable")
    c.no("system-directory", "WORKDIR /home/node/app")
    c.no("system-directory", "cd ~/projects && ls $HOME/.config")
    c.no("css", "#header > .token.keyword { color: #07a; }", ".password-input::placeholder { opacity: 1 }")
    c.no("colour", "--accent: #1d4ed8;", "--muted: #9ca3afcc;")
    c.no("colour", "fill={isDark ? '#0f172a' : '#f8fafc'}")
    c.no("markup", '<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">')
    c.no("markup", "<TextField label={t('auth.password')} type='password' error={!!errors.password} />")


def _plain_at(c: Cases, p: Parts) -> None:
    c.no("decorator", "@router.post('/session', status_code=201)", "async def sign_in():")
    c.no("decorator", "@pytest.fixture(scope='session')", "def api_token(faker):")
    c.no("decorator", "Does @lru_cache keep the instance alive here?")
    c.no("decorator", "    @staticmethod", "-    def hash(password):", "+    def digest(password):")
    c.no("decorator", "@Injectable()", "export class TokenService {}")
    c.no("decorator", "Wouldn't @functools.wraps keep the docstring?")
    c.no("java-annotation", "@Override", "public String getPassword() { return null; }")
    c.no("java-annotation", "@NotBlank @Size(min = 8) private String password;")
    c.no("java-annotation", "Please add @Nullable to the parameter.")
    c.no("java-annotation", "@Autowired is not needed with a single constructor.")
    c.no("java-annotation", 'Use @SuppressWarnings("unchecked") on the smallest scope.')
    c.no("scoped-package", 'import { test, expect } from "@playwright/test";')
    c.no("scoped-package", '    "@types/node": "^20.11.5",', '    "@babel/core": "^7.23.7",')
    c.no("scoped-package", "npm i @aws-sdk/client-s3 fails on node 14")
    c.no("scoped-package", "import Button from '@/components/Button.vue'")
    c.no("matrix-product", "y = W @ x + b")
    c.no("remote-address", "git clone git@github.com:fennel/ledger.git --depth 1")
    c.no("remote-address", "go get golang.org/x/tools@latest")
    c.no("remote-address", "rsync -a build/ deploy@web-1:/srv/www")
    c.no("example-address", "user = User(email='test@example.com')")
    c.no("example-address", "git commit --author='Test <test@example.org>'")
    c.no("example-address", '<input type="email" placeholder="name@example.com">')
    c.no("doc-tag", "/**", " * @param token the bearer token", " * @return true if valid", " */")
    c.no("doc-tag", "@deprecated use {@link #authenticate} instead", "@since 2.3")
    c.no("doc-tag", "/// @brief Checks the password.", "/// @note Not constant-time.")
    c.no("instance-variable", "@current_user = User.find_by(token: params[:token])")
    c.no("at-rule", "@media (min-width: 40rem) { .nav { display: flex } }")
    c.no("at-rule", "@@ -88,7 +88,7 @@ def handle(self, token):")


def _plain_figures(c: Cases, p: Parts) -> None:
    c.no("version", "numpy>=1.26.4,<2", "torch==2.2.0+cu121")
    c.no("version", "go 1.22.1", "toolchain go1.22.4")
    c.no("version", "postgresql-16 16.2-1.pgdg22.04+1 amd64")
    c.no("private-ip", "bind 192.168.1.10:8080", "upstream 10.20.30.40")
    c.no("private-ip", "app.run(host='0.0.0.0', port=5000)")
    c.no("private-ip", "listening on [::1]:4000 and 127.0.0.1:4000")
    c.no("private-ip", "podSubnet: 10.244.0.0/16")
    c.no("documentation-ip", "curl --resolve api.example.com:443:198.51.100.23 https://api.example.com/")
    c.no("documentation-ip", "Host 203.0.113.50 is unreachable in the sample output.")
    c.no("timestamp", "finishedAt=2024-02-09T08:11:40.512Z")
    c.no("timestamp", '"exp": 1735689600, "iat": 1735686000')
    c.no("timestamp", "Date: Fri, 09 Feb 2024 08:11:40 +0000")
    c.no("timestamp", "20240209081140_create_orders.rb")
    c.no("number-id", "ISBN 978-0-13-468599-1, page 212")
    c.no("number-id", "Closes #20418, refs #19977 and LEDGER-3021.")
    c.no("number-id", "run 7845120933 of workflow 51204417 was cancelled")
    c.no("number-id", "const MAX_SAFE = 9007199254740991;")
    c.no("number-id", "chat_id = -1001234567890")
    c.no("number-id", "order 100045-2024-00017 has three lines")
    c.no("coordinate", "LatLng(48.858370, 2.294481)")
    c.no("coordinate", '"coordinates": [[-73.985428, 40.748817], [-73.9857, 40.7484]]')
    c.no("coordinate", '<path d="M12 2C6.48 2 2 6.48 2 12s4.48 10 10 10 10-4.48 10-10S17.52 2 12 2z"/>')
    c.no("benchmark", "| case | before | after |", "|---|---|---|", "| parse | 1,204.33 ms | 884.10 ms |")
    c.no("benchmark", "BenchmarkToken-8   5000000   312.4 ns/op   96 B/op   2 allocs/op")
    c.no("benchmark", "requests/sec: 48211.07  p99: 12.4ms  errors: 0")


def _plain_output(c: Cases, p: Parts) -> None:
    c.no("log-line", "INFO  c.f.auth.TokenFilter - token refreshed for 3 sessions in 41ms")
    c.no("log-line", 'pq: password authentication failed for user "ledger"')
    c.no("log-line", 'WARN: The "API_TOKEN" variable is not set. Defaulting to a blank string.')
    c.no("log-line", "Permission denied (publickey,password).")
    c.no("log-line", "10:41:02 E auth: token expired, asking for a new one")
    c.no("error-message", "SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON")
    c.no("error-message", "raise ValueError('password must contain a digit')")
    c.no("error-message", "TypeError: Cannot read properties of undefined (reading 'accessToken')")
    c.no("error-message", "error[E0382]: borrow of moved value: `secret`")
    c.no("error-message", "throw new Error(`Missing API key: set ${name}`);")
    c.no("diff-hunk", "@@ -12,3 +12,3 @@", "-password = input()", "+password = prompt_password()", " return password")
    c.no("diff-hunk", "-    secret: true,", "+    secret: false,", "     httpOnly: true,")
    c.no("diff-hunk", " def rotate(self):", "-    self.token = None", "+    self.token = self.issuer.new()")
    c.no("shell", "read -rs -p 'Password: ' PASSWORD && echo")
    c.no("shell", "ssh-add -l && ssh -T git-host")
    c.no("shell", 'curl -H "Authorization: Bearer $TOKEN" "$BASE_URL/me"')
    c.no("shell", "kubectl get secret db -o jsonpath='{.data.password}' | base64 -d")
    c.no("shell", "docker run --rm -e TOKEN --env-file .env fennel/ledger:1.8")
    c.no("shell", "chmod 600 id_rsa && rm -f token.txt")


def _plain_talk(c: Cases, p: Parts) -> None:
    c.no("prose", "We should never log the password, not even at debug level.")
    c.no("prose", "nit: rename `token` to `access_token`, there are two kinds now.")
    c.no("prose", "The secret is injected by the operator, so this default is never used.")
    c.no("prose", "Password is hashed before it reaches this function, isn't it?")
    c.no("prose", "Could we use a constant-time comparison for the API key?")
    c.no("prose", "Credentials: prefer workload identity over long-lived keys.")
    c.no("prose", "What happens when the token is empty or expired?")
    c.no("prose", "The tokenizer drops whitespace, so the offsets are off by one.")
    c.no("prose", "password: should be trimmed, token: should not. Please add a test for each.")
    c.no("prose", "I don't think that the key needs to be a string, an int would do.")
    c.no("prose", "Let's keep the secret name `db-credentials` so that the chart keeps working.")
    c.no("prose", "The e-mail address is normalised, the phone number isn't.")
    c.no("prose", "If the pass fails, the second pass retries with a larger window.")
    c.no("prose", f"```suggestion\nconst hash = '{p.chars(HEX, 7)}';\n```\nshort hashes are enough here")
