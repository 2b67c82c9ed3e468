"""The measure: cases that nobody reads while rules are written, and of which only counts by kind are looked at."""

import base64

from tests.redaction.parts import ALNUM, BASE32, BECH32, DIGITS, LOWER, UPPER, Case, Cases, Parts, encode, groups

FIRST = "Bartek Chiamaka Eluned Farid Giulietta Hamza Isolde Katrijn Lorcan Noemi Oksana Rahel Stellan Tamsin".split()
LAST = "Abendrothe Bellacosta Cwmlyn Dubrovenko Eskildgaard Fonsecal Hovanyi Ilvesmaki Kirschwald Oyelarin".split()


def cases() -> list[Case]:
    """All cases, the same on each call."""
    found = Cases("sealed")
    for add in (
        _known_tokens,
        _other_tokens,
        _passwords_kept,
        _passwords_passing,
        _connections,
        _transport,
        _keys,
        _clouds,
        _hidden,
        _addresses,
        _people,
        _figures,
        _plain_digests,
        _plain_values,
        _plain_names,
        _plain_at,
        _plain_figures,
        _plain_talk,
    ):
        add(found, Parts(f"sealed {add.__name__}", FIRST, LAST))
    return found.found


def _known_tokens(c: Cases, p: Parts) -> None:
    """Tokens of issuers that the open file has too, in other forms and other places."""
    c.yes("token-github", "gh" + "o_" + p.checked(), "github.com:", "    user: acme-ci", "    oauth_token: §")
    c.yes("token-github", "gh" + "r_" + p.alnum(76), '{"refresh_token":"§","scope":"","token_type":"bearer"}')
    c.yes("token-github", "gh" + "u_" + p.checked(), "octokit = Octokit::Client.new(access_token: '§')")
    fine = "github_" + "pat_" + p.alnum(22) + "_" + p.alnum(59)
    c.yes("token-github", fine, "```suggestion", "    GH: §", "```", "then the release job can push tags")
    payload = encode(f"o:1\nu:{p.alnum(6).lower()}\n".encode() + p.random.randbytes(16), url=True)
    routable = "gl" + "pat-" + payload + "." + "01" + "." + p.chars(DIGITS + LOWER, 9)
    c.yes(
        "token-gitlab",
        routable,
        "remote: HTTP Basic: Access denied",
        "fatal: using oauth2:§ for https://gitlab.acme.dev/",
    )
    c.yes("token-gitlab", "gl" + "rt-" + p.url64(20), "[[runners]]", '  name = "shared-3"', '  token = "§"')
    c.yes("token-gitlab", "gl" + "dt-" + p.url64(20), "docker login -u gitlab+deploy-token-9 -p § registry.acme.dev")
    c.yes(
        "token-aws", "AS" + "IA" + p.chars(BASE32, 16), "X-Amz-Credential=§%2F20240611%2Feu-west-1%2Fs3%2Faws4_request"
    )
    c.yes("token-aws", "AK" + "IA" + p.chars(BASE32, 16), "An error occurred (InvalidClientTokenId): § is not active")
    c.yes(
        "token-google", "ya" + "29." + p.url64(160), "gcloud auth print-access-token gives me §, hope that one expired"
    )
    c.yes("token-google", "1/" + "/0" + p.url64(61), '"refresh_token": "§",', '"type": "authorized_user"')
    c.yes(
        "token-google",
        "AI" + "za" + "Sy" + p.url64(33),
        '    android:name="com.google.android.geo.API_KEY"',
        '    android:value="§" />',
    )
    slack = "xa" + "pp-1-A" + p.alnum(10).upper() + "-" + p.digits(13) + "-" + p.hex(64)
    c.yes("token-slack", slack, "app := slack.New(bot, slack.OptionAppLevelToken(`§`))")
    c.yes("token-slack", "xo" + "xe-1-" + p.alnum(146), "rotated; the new refresh token (§) goes into the manifest")
    c.yes("token-stripe", "rk" + "_live_" + "51" + p.alnum(97), "curl https://api.stripe.com/v1/charges -u §:")
    c.yes("token-stripe", "sk" + "_test_" + "51" + p.alnum(97), "const stripe = require('stripe')('§');")
    twilio = f'accountSid: "{"A" + "C" + p.hex(32)}", keySid: "{"S" + "K" + p.hex(32)}",'
    c.yes("token-twilio", p.alnum(32), twilio, 'keySecret: "§",')
    c.yes("token-npm", p.uuid(), "//npm.acme.dev/:_authToken=§", "always-auth=true")
    c.yes("token-npm", "np" + "m_" + p.checked(), "          NODE_AUTH_TOKEN: §")
    site = encode(b"\x02\x01\x08idx.test\x02\x24" + p.uuid().encode() + p.random.randbytes(110), url=True)
    c.yes("token-pypi", "py" + "pi-" + site, "uv publish --token §")
    three = "T3B" + "lbkFJ"
    c.yes("token-openai", "sk-" + "svcacct-" + p.url64(74) + three + p.url64(74), 'OPENAI_API_KEY: "§"')
    c.yes(
        "token-anthropic",
        "sk-" + "ant-admin01-" + p.url64(93) + "AA",
        "-H 'x-api-key: §' -H 'anthropic-version: 2023-06-01'",
    )
    c.yes(
        "token-huggingface",
        "h" + "f_" + p.chars(UPPER + LOWER, 34),
        "!huggingface-cli login --token § --add-to-git-credential",
    )
    c.yes("token-vault", "s" + "." + p.alnum(24), "vault login §", "Success! You are now authenticated.")
    c.yes("token-vault", "hv" + "b." + p.url64(140), "X-Vault-Token: §")
    c.yes("token-docker", "dckr" + "_oat_" + p.url64(32), "password: § # org token, read only")
    c.yes("token-sentry", p.hex(32), f"Raven('https://{p.hex(32)}:§@sentry.acme.dev/42')")
    claim = encode(b'{"iat":1718000000.1,"url":"https://sentry.io","org":"acme"}')
    c.yes("token-sentry", "sntr" + "ys_" + claim + "_" + p.alnum(43), "sentry-cli --auth-token § releases new 1.4.0")
    c.yes("token-datadog", p.hex(40), f"initialize(api_key='{p.hex(32)}', app_key='§')")
    c.yes("token-newrelic", p.hex(36) + "NR" + "AL", "common: &default_settings", "  license_key: '§'")
    c.yes("token-cloudflare", p.hex(37), '--header "X-Auth-Email: infra@example.com"', '--header "X-Auth-Key: §"')
    grafana = encode(f'{{"o":"{p.digits(6)}","n":"ci","k":"{p.alnum(24)}","m":{{"r":"eu"}}}}'.encode())
    c.yes(
        "token-grafana",
        "gl" + "c_" + grafana,
        "remote_write:",
        "  - basic_auth:",
        "      username: 88121",
        "      password: §",
    )
    c.yes("token-shopify", "shp" + "ss_" + p.hex(32), "SHOPIFY_API_SECRET=§ shopify app dev")
    c.yes(
        "token-sendgrid",
        "S" + "G." + p.url64(22) + "." + p.url64(43),
        "EMAIL_HOST_USER = 'apikey'",
        "EMAIL_HOST_PASSWORD = '§'",
    )
    c.yes("token-telegram", p.digits(9) + ":" + "AA" + p.url64(33), "https://api.telegram.org/bot§/getUpdates")
    c.yes("token-generic", p.alnum(48), "auth_token => §", "endpoint   => https://metrics.acme.dev")
    c.yes("token-generic", p.hex(32), "I can reproduce it with api key §, yours will do as well.")
    c.yes("token-generic", p.url64(64), '+#define DEVICE_SECRET "§"')


def _other_tokens(c: Cases, p: Parts) -> None:
    """Tokens of issuers that the open file lacks."""
    c.yes("token-rubygems", "ruby" + "gems_" + p.hex(48), "---", ":rubygems_api_key: §")
    c.yes("token-crates", "ci" + "o" + p.alnum(32), "cargo login §")
    c.yes("token-nuget", "oy" + "2" + p.chars(DIGITS + LOWER, 43), "dotnet nuget push bin/*.nupkg -k § -s nuget.org")
    c.yes("token-circleci", "CCI" + "PAT_" + p.alnum(22) + "_" + p.hex(40), "curl -H 'Circle-Token: §' $API/pipeline")
    c.yes("token-buildkite", "bk" + "ua_" + p.hex(40), "BUILDKITE_API = '§'")
    c.yes("token-netlify", "nf" + "p_" + p.alnum(36), "npx netlify deploy --prod --auth=§")
    c.yes("token-supabase", "sb" + "p_" + p.hex(40), "SUPABASE=§ supabase link")
    c.yes(
        "token-planetscale",
        "pscale" + "_pw_" + p.url64(43),
        "mysql://hx2k:§@aws.connect.psdb.cloud/shop?sslaccept=strict",
    )
    c.yes("token-airtable", "pa" + "t" + p.alnum(14) + "." + p.hex(64), "Airtable.configure({ apiKey: '§' });")
    c.yes("token-mailchimp", p.hex(32) + "-us" + "14", "mailchimp.setConfig({ apiKey: '§', server: 'us14' })")
    c.yes("token-groq", "gs" + "k_" + p.alnum(52), '+llm = ChatGroq(model="llama3", groq_api_key="§")')
    tail = "ts" + "key-auth-" + "k" + p.alnum(10) + "CNTRL-" + p.alnum(32)
    c.yes("token-tailscale", tail, "- tailscale up --authkey §", "  become: true")
    c.yes("token-age", "AGE-" + "SECRET-KEY-1" + p.chars(BECH32, 58), "# created: 2024-02-02T12:00:00Z", "§")
    account = {"email": "ci", "secretKey": f"A3-{p.alnum(26)}", "srpX": p.hex(64), "throttleSecret": p.hex(32)}
    c.yes(
        "token-onepassword", "op" + "s_" + encode(str(account).replace("'", '"').encode()), "OP_SERVICE_ACCOUNT_TOKEN=§"
    )
    c.yes("token-sonarqube", "sq" + "p_" + p.hex(40), "mvn sonar:sonar -Dsonar.login=§")
    c.yes("token-pulumi", "pu" + "l-" + p.hex(40), "pulumi login # asks, paste §")
    c.yes(
        "token-bitbucket", "AT" + "BB" + p.alnum(24) + p.hex(8).upper(), "https://acme-dev:§@bitbucket.org/acme/web.git"
    )
    c.yes("token-square", "EA" + "AA" + "E" + p.url64(59), "'accessToken' => '§', 'environment' => 'production'")
    mapbox = "sk" + "." + encode(f'{{"u":"acme","a":"cl{p.alnum(22).lower()}"}}'.encode(), url=True) + "." + p.url64(22)
    c.yes("token-mapbox", mapbox, "mapboxgl.accessToken = '§'")
    c.yes(
        "token-azure-devops",
        p.chars(LOWER + "234567", 52),
        "git -c http.extraheader= clone https://acme:§@dev.azure.com/acme/_git/web",
    )
    c.yes("token-azure-devops", p.chars(LOWER + "234567", 52), "echo § | az devops login --organization $ORG")
    c.yes("token-replicate", "r8" + "_" + p.alnum(37), "REPLICATE=§ cog predict")
    c.yes(
        "token-dynatrace",
        "dt0" + "c01." + p.chars(BASE32, 24) + "." + p.chars(BASE32, 64),
        "Authorization: Api-Token §",
    )


def _passwords_kept(c: Cases, p: Parts) -> None:
    """Passwords in configuration and in code."""
    c.yes("password-config", p.mixed(16), "<connection>", "  <username>etl</username>", "  <password>§</password>")
    c.yes("password-config", p.phrase(), 'variable "master_password" {', "  type    = string", '  default = "§"', "}")
    c.yes("password-config", p.mixed(13), "[mail]", 'host = "smtp.acme.dev"', 'login = "noreply"', 'secret = "§"')
    c.yes("password-config", p.mixed(12), "+define( 'DB_PASSWORD', '§' );")
    c.yes("password-config", p.word(4), " production:", "   adapter: mysql2", "+  password: §", "   host: <%= host %>")
    c.yes("password-config", p.mixed(24), "keystore:", "  path: /etc/app/tls.jks", "  keystorePassword: '§'")
    c.yes("password-config", p.word() + p.digits(4), "    bind_dn: cn=reader,dc=acme", "    bind_pw: §")
    c.yes("password-config", p.alnum(20), "xpack.security.authc:", "  elastic.password:", "    §")
    c.yes("password-config", p.phrase(3), "truststore.password = §\\", "")
    c.yes("password-env", p.mixed(18), "+ENV ADMIN_PW=§ ADMIN_USER=root")
    c.yes("password-env", p.phrase(), '$env:SA_PASSWORD = "§"')
    c.yes("password-env", p.mixed(12), 'ARG  MINIO_ROOT_PASSWORD="§"')
    c.yes("password-env", p.alnum(16), "set PASSWORD=§&& call build.cmd")
    c.yes("password-env", p.word() + "*" + p.digits(2), "    - name: KEYCLOAK_ADMIN_PASSWORD", "      value: '§'")
    c.yes("password-code", p.mixed(12), "+USERS = {'root': '§', 'guest': None}")
    c.yes("password-code", p.phrase(), 'var creds = new NetworkCredential("svc-build", "§");')
    c.yes("password-code", p.mixed(10), 'let pass = String::from("§"); // FIXME')
    c.yes(
        "password-code", p.word() + p.digits(3), "-        auth=(user, getpass()),", "+        auth=('monitor', '§'),"
    )
    c.yes("password-code", p.mixed(14), 'String pwd="§"; char[] chars = pwd.toCharArray();')
    c.yes("password-code", p.word(), "User.create!(email: 'root@example.com', password: '§', admin: true)")
    c.yes("password-code", p.mixed(12), "driver.find_element(By.ID, 'passwd').send_keys('§')")
    c.yes("password-code", p.phrase(), "  passphrase: Buffer.from('§'),")
    c.yes("password-code", p.digits(6), '    private const string UnlockPin = "§";')
    c.yes("password-code", p.mixed(16), '+      .withPassword("§")', '       .withDatabaseName("it")')
    c.yes("password-sql", p.mixed(13), "CREATE USER reporting WITH PASSWORD '§' VALID UNTIL 'infinity';")
    c.yes("password-sql", p.word(), "ALTER USER 'root'@'localhost' IDENTIFIED BY '§';")
    c.yes("password-sql", p.mixed(15), "CREATE LOGIN loader WITH PASSWORD = N'§', CHECK_POLICY = OFF")


def _passwords_passing(c: Cases, p: Parts) -> None:
    """Passwords in commands, logs, and talk."""
    c.yes("password-cli", p.mixed(12).replace("!", "x"), "sshpass -p '§' ssh admin@edge-2 uptime")
    c.yes("password-cli", p.alnum(12), "mysqldump -uroot -p§ shop > shop.sql")
    c.yes("password-cli", p.word(), "helm install db bitnami/postgresql --set auth.postgresPassword=§")
    c.yes("password-cli", p.mixed(14).replace("!", "x"), "openssl pkcs12 -export -in c.pem -passout pass:§")
    c.yes("password-cli", p.alnum(10), "redis-cli -h cache-1 -a § ping")
    c.yes("password-cli", p.phrase(), "net use Z: \\\\files\\drop § /user:ACME\\build")
    c.yes("password-log", p.mixed(12), "DEBUG LoginForm(data={'login': 'jd', 'password': '§', 'remember': True})")
    c.yes("password-log", p.word() + p.digits(2), "POST /session body: username=admin&password=§&next=%2F")
    c.yes("password-log", p.phrase(), "[init] generated initial admin password: §", "[init] ready in 2.1s")
    c.yes("password-prose", p.mixed(11), "Default login? -> root, pass is §. We should force a change.")
    c.yes("password-prose", p.phrase(), "For reviewers: the demo account's password is “§”.")
    c.yes("password-prose", p.word() + p.digits(4), "| user | password |", "| --- | --- |", "| qa | § |")
    c.yes("password-prose", p.phrase(), "why is §, our old VPN password, still in this file?")
    c.yes("password-prose", p.mixed(9), "Creds to try it out: tester:§")
    c.yes("password-prose", p.word(), "We hash with bcrypt, but the seed user's password stays `§` everywhere")
    c.yes("password-prose", p.digits(6), "the door code (PIN §) should not be in the README")
    c.yes("netrc", p.alnum(20), "machine git.acme.dev", "  login ci", "  password §")
    c.yes("netrc", p.word(), "+RUN echo 'machine api.acme.dev login bot password §' > ~/.netrc")
    c.yes("netrc", p.alnum(14), "cat ~/.pgpass", "db-2.internal:5432:*:app:§")


def _connections(c: Cases, p: Parts) -> None:
    c.yes(
        "connection", p.alnum(13), "sqlalchemy.url = postgresql+asyncpg://svc_app:§@pg/app", "script_location = alembic"
    )
    c.yes("connection", p.word(), "'dsn' => 'smtp://mailer:§@smtp.acme.dev:587?encryption=tls',")
    c.yes("connection", p.alnum(18), "Data Source=sql-prod;Initial Catalog=Hr;Persist Security Info=True;Uid=hr;Pwd=§;")
    c.yes("connection", p.alnum(11), "ftp://upload:§@ftp.acme.dev/incoming/ is where the partner drops them")
    c.yes("connection", p.phrase(2, "-"), "ldapsearch -H ldaps://ldap -D cn=admin -w § uid=svc")
    c.yes("connection", p.alnum(22), '+  "CELERY_RESULT_BACKEND": "rediss://:§@cache.acme.dev:6380/2",')
    c.yes("connection", p.word(4), "sqlplus hr/§@orcl @migrate.sql")
    c.yes("connection", p.alnum(16), "mongo: { uri: mongodb://root:§@mongo-0,mongo-1/admin?replicaSet=rs0 }")
    c.yes("connection", p.b64(64), "AccountEndpoint=https://acme.documents.azure.com:443/;AccountKey=§;")


def _transport(c: Cases, p: Parts) -> None:
    c.yes("basic-auth", encode(f"svc:{p.alnum(15)}".encode()), 'req.Header.Set("Authorization", "Basic §")')
    c.yes("basic-auth", p.word() + p.digits(2), "wget --user=release --password=§ https://dl.acme.dev/a.zip")
    c.yes("basic-auth", p.alnum(12), "open('https://admin:§@staging.acme.dev/wp-admin')")
    c.yes("header", p.alnum(38), "proxy_set_header X-Internal-Token §;")
    c.yes("header", p.hex(48), "http.get(uri, headers: {'authorization': 'bearer §'});")
    c.yes("header", p.alnum(24), "Ocp-Apim-Subscription-Key: §", "Host: api.acme.dev")
    c.yes("cookie", p.jwt(uid=p.digits(5)), "document.cookie = 'auth=§; path=/'")
    c.yes("cookie", p.hex(32).upper(), "curl -b 'JSESSIONID=§' localhost:8080/whoami")
    c.yes("cookie", p.alnum(32), "cookies={'csrftoken': 'n/a', 'sessionid': '§'},")
    c.yes("jwt", p.jwt(sub=p.uuid(), scope="admin"), "wscat -c 'wss://rt.acme.dev/socket?jwt=§'")
    c.yes("jwt", p.jwt("RS256", iss="kubernetes/serviceaccount"), "users:", "- name: ci", "  user:", "    token: §")
    c.yes("jwt", p.jwt("ES256", aud="web", exp=1700000000), "Why does this one (§) pass although it expired last year?")
    teams = "https://acme.webhook.office.com/" + f"webhookb2/{p.uuid()}@{p.uuid()}/IncomingWebhook/§/{p.uuid()}"
    c.yes("webhook", p.hex(32), "notify_url:", f"  - {teams}")
    chat = "https://chat.googleapis.com/v1/" + f"spaces/{p.alnum(11)}/messages?key={'AI' + 'za' + p.url64(35)}&token=§"
    c.yes("webhook", p.url64(43), f"+const HOOK = '{chat}'")
    c.yes(
        "webhook",
        p.alnum(24),
        "curl -d @msg.json https://hooks.slack.com/"
        + f"workflows/T{p.alnum(8).upper()}/A{p.alnum(9).upper()}/{p.digits(18)}/§",
    )
    c.yes("query-token", p.alnum(36), "wss://stream.acme.dev/v3?apiKey=§&symbols=EUR")
    c.yes("query-token", p.hex(20), "Reset link from the mail: https://acme.dev/reset?uid=77&reset_token=§")
    c.yes(
        "signed-url",
        p.hex(64),
        "https://acme.s3.amazonaws.com/r.pdf?X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=§",
    )
    sas = "https://acme.blob.core.windows.net/dumps/a.bak?sv=2022-11-02&se=2030-01-01&sr=b&sp=r&sig=§"
    c.yes("signed-url", p.b64(32).replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"), sas)


def _keys(c: Cases, p: Parts) -> None:
    ed = p.pem("OPENSSH PRIVATE KEY", b"openssh-key-v1\0\0\0\0\4none", 240)
    c.yes(
        "private-key",
        ed[2],
        "stringData:",
        "  ssh-privatekey: |",
        f"    {ed[0]}",
        f"    {ed[1]}",
        "    §",
        *(f"    {line}" for line in ed[3:]),
    )
    ec = p.pem("EC PRIVATE KEY", bytes.fromhex("30770201010420"), 114)
    c.yes(
        "private-key",
        ec[-2],
        "-" + ec[0],
        *(f"-{line}" for line in ec[1:-2]),
        "-§",
        "-" + ec[-1],
        "+key loaded from the vault",
    )
    pk = p.pem("ENCRYPTED PRIVATE KEY", bytes.fromhex("308205183042"), 380)
    c.yes("private-key", pk[5], "> " + "\n> ".join([*pk[:5], "§", *pk[6:]]))
    dsa = p.pem("DSA PRIVATE KEY", bytes.fromhex("308201bb020100"), 330)
    joined = '\\n" +\n      "'.join([*dsa[:3], "§", *dsa[4:]])
    c.yes("private-key", dsa[3], f'  static final String KEY = "{joined}\\n";')
    putty = [p.b64(48) for _ in range(3)]
    c.yes(
        "private-key",
        putty[1],
        "PuTTY-User-Key-File-3: ssh-rsa",
        "Encryption: none",
        "Private-Lines: 3",
        putty[0],
        "§",
        putty[2],
    )
    rsa = p.pem("RSA PRIVATE KEY", bytes.fromhex("308204a40201000282010100"), 420)
    c.yes(
        "private-key-cut",
        rsa[-3],
        "@@ -14,6 +14,0 @@ deploy",
        *(f"-{line}" for line in rsa[-6:-3]),
        "-§",
        *(f"-{line}" for line in rsa[-2:]),
    )
    cut = p.pem("OPENSSH PRIVATE KEY", b"openssh-key-v1\0\0\0\0\4none", 400)
    c.yes("private-key-cut", cut[4], " resource:", "+  key: |", *(f"+    {line}" for line in cut[:4]), "+    §")
    c.yes("private-key", p.b64(32), "[Interface]", "Address = 10.8.0.2/32", "PrivateKey = §")


def _clouds(c: Cases, p: Parts) -> None:
    aws = "AK" + "IA" + p.chars(BASE32, 16)
    c.yes("cloud-secret", p.b64(30), f"export AWS_ACCESS_KEY_ID={aws} AWS_SECRET_ACCESS_KEY=§ AWS_REGION=eu-west-1")
    aws = "AS" + "IA" + p.chars(BASE32, 16)
    c.yes(
        "cloud-secret",
        p.b64(30),
        f'{{"AccessKeyId": "{aws}", "SecretAccessKey": "§", "Expiration": "2024-06-11T09:00:00Z"}}',
    )
    c.yes("cloud-secret", p.b64(300), "aws_session_token=§", "region=us-east-2")
    aws = "AK" + "IA" + p.chars(BASE32, 16)
    c.yes("cloud-secret", p.b64(30), "User name,Access key ID,Secret access key", f"ci-deployer,{aws},§")
    c.yes("cloud-secret", p.alnum(32), f"TencentCredential('{'AK' + 'ID' + p.alnum(32)}', '§')")
    c.yes("cloud-secret", p.b64(64), "az storage blob list --account-name acmelogs --account-key §")
    c.yes("cloud-secret", p.b64(32), "HostName=acme.azure-devices.net;DeviceId=pump-7;SharedAccessKey=§")


def _hidden(c: Cases, p: Parts) -> None:
    """Secrets that are encoded, split, or not called by their name."""
    c.yes(
        "kubernetes-secret",
        encode(p.mixed(14).encode()),
        "kind: Secret",
        "data:",
        "  username: YWRtaW4=",
        "  password: §",
    )
    c.yes(
        "kubernetes-secret",
        encode(p.alnum(24).encode()),
        "+apiVersion: v1",
        "+kind: Secret",
        "+data:",
        "+  api-token: §",
    )
    glpat = "gl" + "pat-" + p.url64(20)
    c.yes(
        "base64-wrapped", encode(f"oauth2:{glpat}".encode()), "git -c http.extraHeader='Authorization: basic §' fetch"
    )
    inner = "AK" + "IA" + p.chars(BASE32, 16) + ":" + p.b64(30)
    c.yes(
        "base64-wrapped",
        encode(inner.encode()),
        "aws_creds_b64 = '§'",
        "key, secret = b64decode(aws_creds_b64).split(b':')",
    )
    folded = encode(("github_" + "pat_" + p.alnum(22) + "_" + p.alnum(59)).encode())
    c.yes("base64-wrapped", folded[76:], "  token: !!binary |", f"    {folded[:76]}", "    §")
    c.yes("split-token", p.alnum(36), '+part = "gh" + "p" + "_"', '+token = part + "§"')
    c.yes("split-token", p.url64(43), f"SENDGRID_API_KEY={'S' + 'G.'}{p.url64(22)}.\\", "§")
    c.yes(
        "split-token",
        "AI" + "za" + "Sy" + p.url64(12),
        '-  "key": "§"',
        f'-         "{p.url64(21)}",',
        '+  "key": mapsKey,',
    )
    seed = base64.b32encode(p.random.randbytes(20)).decode()
    c.yes("one-time-secret", seed, "otpauth://totp/Acme:ci?secret=§&issuer=Acme")
    c.yes("one-time-secret", f"{p.hex(5)}-{p.hex(5)}", "recovery codes:", "  §", "(the other nine are used up)")
    c.yes("one-time-secret", p.chars(BASE32, 32), "TOTP_SECRET = '§'  # same for all test users")


def _addresses(c: Cases, p: Parts) -> None:
    c.yes("email", p.email(), "mysql> select * from account;", "| 881 | § | active |")
    c.yes("email", p.email(), "CODEOWNERS:", "/infra/  §")
    c.yes("email", p.email("yahoo.com").replace("@", f"{p.digits(4)}@"), "name,mail,plan", "Test,§,pro")
    c.yes("email", p.email(), "I asked the upstream author (§) whether the licence covers this.")
    c.yes("email", p.email(), '   "assignee": {"displayName": "n/a", "emailAddress": "§"}')
    c.yes("email", p.email(), "smtp; 550 5.1.1 <§>: Recipient address rejected")
    c.yes("email", p.email(), '+SUPPORT_INBOX = "§"')
    c.yes("email", p.email(), "Link goes to https://acme.dev/unsubscribe?mail=§&list=4")
    c.yes("email", p.email(), "From: Release bot", "Reply-To: §", "Subject: [PATCH 2/3] fix refcount")
    c.yes("email", p.email(), "@author Jane D. <§>")
    c.yes("email", p.email(), "helm upgrade --set certmanager.email=§ ingress ./chart")
    c.yes("email", p.email(), 'Snapshot has a real address in it: `"to": ["§"]`')
    c.yes("email", p.email().replace("@", "%40"), "GET /api/users?email=§ HTTP/2")
    c.yes("email-obfuscated", p.email().replace("@", " (at) ").replace(".", " (dot) "), "Security reports: §")
    c.yes("email-obfuscated", p.email().replace("@", "_at_"), "mailto = '§'.replace('_at_', '@')")
    c.yes("email-obfuscated", p.email().replace("@", "&#64;"), '<span class="mail">§</span>')
    c.yes("public-ip", p.ip(), "Host bastion", "  HostName §", "  User ops")
    c.yes("public-ip", p.ip(), "iptables -A INPUT -s §/32 -p tcp --dport 22 -j ACCEPT")
    c.yes("public-ip", p.ip(), "Blocked here as well, my provider gave me § last week")
    c.yes("public-ip", p.ip(), '+  { "type": "A", "name": "api", "content": "§" },')
    c.yes("public-ip", p.ip(), "X-Forwarded-For: §, 10.1.2.3")
    c.yes("public-ip", p.ip6("2604:a880"), "http://[§]:8080/status does not answer")


def _people(c: Cases, p: Parts) -> None:
    c.yes("mention", p.login(), "Hey @§, mind if I take this over?")
    c.yes("mention", p.login(), "Reverting, this breaks Windows (reported by @§ in chat).")
    c.yes("mention", p.login(), "/cc @§ since you wrote the scheduler")
    c.yes("mention", p.login(), "* `parse()` now takes bytes. Thanks to @§.")
    c.yes("mention", p.login(), "*.tf   @§")
    c.yes("mention", p.login(), "Not sure. @§: what did the old code do for empty lists?")
    c.yes("mention", p.login(), "The suggestion from @§ (and @acme/platform) is to move it down")
    c.yes("mention", p.login(), "/request-review @§")
    c.yes("mention", p.login(), "**@§** commented on this pull request.")
    c.yes("mention", p.login(), "reviewers: [ '@§' ]")
    c.yes("name-trailer", p.name(), "Tested-by: § <tester@example.net>")
    c.yes("name-trailer", p.name(), "* scheduler: drop the lock", "", "Co-Authored-By: §")
    c.yes("name-trailer", p.name(), "Suggested-by: § <s@example.com>", "Link: https://lore.kernel.org/r/1")
    c.yes("name-trailer", f"Søren {p.last()}-{p.last()}", "    Acked-By: §", "    Fixes: #4417")
    c.yes("name-trailer", f"{p.first()} van der {p.last()}", "Co-developed-by: § <v@example.com>", "Closes: #12")
    c.yes(
        "name-git-log",
        p.name(),
        f"commit {p.hex(40)}",
        "Author: § <author@example.org>",
        "Date:   Tue Mar 5 11:02:00 2024 +0100",
    )
    c.yes("name-git-log", p.name(), f"{p.hex(8)} (§ 2023-11-04 17:20:13 +0000 41)     return cache[key]")
    c.yes("profile-link", p.login(), "Homepage: https://gitlab.com/§")
    c.yes("profile-link", p.login(), "Copied from [here](https://stackoverflow.com/users/4411882/§), needs attribution")
    c.yes("profile-link", p.login(), "![avatar](https://github.com/§.png?size=40)")
    c.yes("profile-link", p.login(), "find me at https://mastodon.social/@§")
    c.yes("home-directory", p.login(), "make: *** [/home/§/acme/build/Makefile:88: all] Error 2")
    c.yes("home-directory", p.login(), "at Object.<anonymous> (/Users/§/dev/web/node_modules/x/index.js:3:9)")
    c.yes("home-directory", p.login(), "include_path = /mnt/c/Users/§/lib;.")
    c.yes("home-directory", p.login(), "+ data = pd.read_csv('D:/Users/§/Desktop/export.csv')")
    c.yes("home-directory", p.login(), "<HintPath>C:\\Users\\§\\.nuget\\packages\\a.dll</HintPath>")
    c.yes("home-directory", p.login(), "drwxr-xr-x 5 root root 4096 /home/§")


def _figures(c: Cases, p: Parts) -> None:
    c.yes("phone", f"{p.area()}-555-{p.digits(4)}", 'placeholder="§" looks like somebody\'s number')
    c.yes("phone", f"020 7946 0{p.digits(3)}", "Tel. § (London office)")
    c.yes("phone", f"030/23125-{p.digits(3)}", "+  Fon: §")
    c.yes("phone", f"+61 491 570 {p.digits(3)}", "sms.send('§', code)")
    c.yes("phone", f"+55 11 9{p.digits(4)}-{p.digits(4)}", "| Suporte | § |")
    c.yes("phone", f"+1{p.area()}555{p.digits(4)}", '<a href="tel:§">call</a>')
    c.yes("phone", f"06 39 98 {p.digits(2)} {p.digits(2)}", "Joignable au § jusqu'à vendredi")
    c.yes("card", groups(p.card("2323"), 4), "4. pay with § and any CVC")
    c.yes("card", p.card("37", 15), 'fixtures: [{"brand": "amex", "number": "§"}]')
    c.yes("card", p.card("6011"), "INSERT INTO payment (card_no) VALUES ('§')")
    c.yes("card", (lambda n: f"{n[:4]} {n[4:10]} {n[10:]}")(p.card("34", 15)), "support pasted § into the ticket")
    c.yes("iban", groups(p.iban("GB", "NWBK", 22)), "Pay the bounty to §.")
    c.yes("iban", p.iban("ES", "2100", 24), "+creditor_account: §")
    c.yes("iban", groups(p.iban("CH", "00762", 21)), "<IBAN>§</IBAN>")
    c.yes("iban", p.iban("AT", "19043", 20).lower(), "should lower case such as § be accepted?")


def _plain_digests(c: Cases, p: Parts) -> None:
    c.no("git-hash", f"git cherry-pick -x {p.hex(40)}", "git revert HEAD~3")
    c.no("git-hash", f"From {p.hex(40)} Mon Sep 17 00:00:00 2001")
    c.no("git-hash", f"Merge commit '{p.hex(12)}' into release/2.x")
    c.no("git-hash", f'    "commit": "{p.hex(40)}",', '    "branch": "main"')
    c.no("git-hash", f"  rev: {p.hex(40)}  # frozen: v0.4.8", "  hooks: [{ id: ruff }]")
    c.no("uuid", f"trace {p.uuid()} has two root spans")
    c.no("uuid", f"-  id: {p.uuid()}", f"+  id: {p.uuid()}")
    c.no("uuid", f'[Guid("{p.uuid().upper()}")]')
    c.no("uuid", f"UPDATE jobs SET state = 'done' WHERE id = '{p.uuid()}'::uuid;")
    c.no("checksum", f"{p.hex(64)}  widgets-linux-amd64.tar.gz")
    c.no("checksum", f'ETag: "{p.hex(32)}"')
    c.no("checksum", f"http_archive(name = 'zlib', sha256 = '{p.hex(64)}')")
    c.no("checksum", f"assert digest(b'') == '{p.hex(40)}'")
    c.no("checksum", f'narHash = "sha256-{p.b64(32)}";')
    c.no("lock-file", '  "packages": { "chalk": {', f'    "integrity": "sha512-{p.b64(64)}",', '    "dev": true')
    c.no("lock-file", "  /ansi-regex@6.0.1:", f"    resolution: {{integrity: sha512-{p.b64(64)}}}")
    c.no("lock-file", "attrs==23.2.0 \\", f"    --hash=sha256:{p.hex(64)} \\", f"    --hash=sha256:{p.hex(64)}")
    c.no("lock-file", "    rake (13.2.1)", "CHECKSUMS", f"  rake (13.2.1) sha256={p.hex(64)}")
    c.no("lock-file", '"content-hash": "' + p.hex(32) + '",', '"packages": []')
    c.no("asset", f"<img src='data:image/gif;base64,{encode(b'GIF89a' + p.random.randbytes(36))}' alt=''>")
    c.no("asset", f"//# sourceMappingURL=vendor.{p.hex(20)}.js.map")
    c.no("asset", f".css-{p.alnum(7).lower()}-MuiButton-root:hover{{opacity:.8}}")
    c.no("asset", f"@font-face {{ src: url('inter-{p.hex(10)}.woff2') format('woff2') }}")
    rule = "-" * 5
    body = p.b64(96)
    c.no("certificate", f"{rule}BEGIN CERTIFICATE{rule}", "MIID" + body[:60], body[64:], f"{rule}END CERTIFICATE{rule}")
    c.no("certificate", f"+{rule}BEGIN PUBLIC KEY{rule}", f"+{p.b64(48)}", f"+{rule}END PUBLIC KEY{rule}")
    c.no("certificate", "SHA256 Fingerprint=" + ":".join(p.hex(2).upper() for _ in range(32)))
    c.no("certificate", f'pin-sha256="{p.b64(32)}"; max-age=5184000')


def _plain_values(c: Cases, p: Parts) -> None:
    """Where a secret would stand and none does."""
    c.no("placeholder", "password: TODO")
    c.no("placeholder", "aws_secret_access_key = YOUR_SECRET_ACCESS_KEY")
    c.no("placeholder", '"apiKey": "..."')
    c.no("placeholder", "curl -u username:password https://api.acme.dev")
    c.no("placeholder", 'SLACK_BOT_TOKEN="xoxb-your-token"')
    c.no("placeholder", "https://<user>:<password>@registry.acme.dev")
    c.no("placeholder", "secret = [REDACTED]")
    c.no("placeholder", "password=%s", "token={}")
    c.no("environment-lookup", "ENV.fetch('SECRET_KEY_BASE') { raise }")
    c.no("environment-lookup", "password: !vault secret/data/db#password")
    c.no("environment-lookup", "  valueFrom:", "    secretKeyRef: { name: db, key: password }")
    c.no("environment-lookup", 'token := os.Getenv("VAULT_TOKEN")')
    c.no("environment-lookup", "$password = config('database.password');")
    c.no("environment-lookup", "//npm.quarry.example/:_authToken=${NPM_TOKEN}")
    c.no("environment-lookup", "password = data.aws_ssm_parameter.db_password.value")
    c.no("environment-lookup", 'export PGPASSWORD="$(pass show db/prod)"')
    c.no("environment-lookup", "secret: settings.SECRET_KEY.get_secret_value(),")
    c.no("signature", "static int check_password(const char *password, size_t length);")
    c.no("signature", "export const useToken = (token?: string): [string, (t: string) => void] => {")
    c.no("signature", "sub set_password { my ($self, $password) = @_; $self->{password} = $password }")
    c.no("signature", "def __init__(self, *, secret_key, api_token=None, password_hasher=default_hasher):")
    c.no("signature", "const { password, ...rest } = user;")
    c.no("signature", "this.token = await this.tokens.issue(user.id);")
    c.no("signature", "hashed_password = bcrypt.hashpw(password.encode(), bcrypt.gensalt())")
    c.no("signature", "auth: AuthService.createFromCredentials(login, password),")
    c.no("type-hint", "class Login(TypedDict):", "    password: NotRequired[str]", "    token: bytes")
    c.no("type-hint", "password VARCHAR(255) NOT NULL,")
    c.no("type-hint", "  string password = 2;", "  bytes token = 3;")
    c.no("type-hint", "secret: Option<Zeroizing<Vec<u8>>>,")
    c.no("type-hint", "t.string :password_digest, null: false")
    c.no("regex", r"(?i)(password|passwd|pwd)\s*[:=]\s*\S+")
    c.no("regex", r"JWT = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/")
    c.no("regex", r"matches(\"^glpat-[0-9A-Za-z_-]{20}$\")")
    c.no("regex", r"const PHONE = /^\+?[0-9 ()-]{7,20}$/;")
    c.no("configuration-key", "minimum_password_length: 12", "password_expiry_days: 90")
    c.no("configuration-key", "token_endpoint: https://login.acme.dev/oauth2/token", "token_endpoint_auth_method: none")
    c.no("configuration-key", "secretName: widgets-tls", "tokenReview: enabled")
    c.no("configuration-key", "password-policy = strict", "api-key-header = X-Api-Key")
    c.no("configuration-key", "passwordField: 'pwd',", "usernameField: 'login',")
    c.no("configuration-key", "pass: false", "fail: true", "skip: null")


def _plain_names(c: Cases, p: Parts) -> None:
    c.no("test-name", "func TestTokenBucketRefillsAfterOneSecond(t *testing.T) {")
    c.no("test-name", "void givenWrongPassword_whenLogin_thenReturns401AndDoesNotCreateSession() {")
    c.no("test-name", 'describe "POST /password_resets with an unknown token" do')
    c.no("constant", 'GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"')
    c.no("constant", "enum TokenKind { Identifier, Keyword, StringLiteral }")
    c.no("constant", "TOKEN_TYPE_ACCESS = 'access'", "TOKEN_TYPE_REFRESH = 'refresh'")
    c.no("constant", "export const SET_PASSWORD_SUCCESS = 'auth/SET_PASSWORD_SUCCESS';")
    c.no("constant", 'PASSWORD_HELP = "At least eight characters and one digit."')
    c.no("long-identifier", "org.springframework.security.authentication.UsernamePasswordAuthenticationToken")
    c.no("long-identifier", "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole")
    c.no("long-identifier", "CONFIG_ARCH_WANT_COMPAT_IPC_PARSE_VERSION_AND_LEGACY_TOKENS=y")
    c.no("long-identifier", "src/main/java/dev/acme/billing/invoicing/InvoiceLineItemAllocationStrategyFactory.java")
    c.no("long-identifier", f"alphabet = '{ALNUM}'")
    c.no("repository-link", "Upstream fix: https://gitlab.com/gitlab-org/gitlab/-/merge_requests/20968")
    c.no("repository-link", "https://developer.mozilla.org/en-US/docs/Web/API/CredentialsContainer/get")
    c.no(
        "repository-link",
        "[![CI](https://github.com/acme/widgets/actions/workflows/ci.yml/badge.svg)](https://github.com/acme/widgets/actions)",
    )
    c.no("repository-link", "https://pkg.go.dev/golang.org/x/crypto@v0.24.0/bcrypt#GenerateFromPassword")
    c.no("system-directory", "/home/vscode/.cache/pip is not writable in the dev container")
    c.no("system-directory", "##[error]/Users/runner/work/1/s/App.swift:14: cannot find 'token' in scope")
    c.no("system-directory", "C:\\Users\\runneradmin\\AppData\\Local\\Temp\\build.log")
    c.no("system-directory", '<Route path="/home/settings" element={<Settings />} />')


def _plain_at(c: Cases, p: Parts) -> None:
    c.no("decorator", "+    @property", "+    def token(self):", "+        return self._token")
    c.no("decorator", "I think @dataclass(frozen=True) would give us the hash for free.")
    c.no("decorator", "@Component({ selector: 'app-login', templateUrl: './login.html' })")
    c.no("decorator", "Stacking @retry on top of @cache means that failures are cached.")
    c.no("decorator", "@pytest.mark.parametrize(('password', 'ok'), [('', False)])")
    c.no("java-annotation", '+    @Value("${app.token}") String token;')
    c.no("java-annotation", "Missing @Transactional? The two writes are not atomic.")
    c.no("java-annotation", "@Test(expected = BadCredentialsException.class)")
    c.no("java-annotation", "Kotlin needs @JvmStatic there, otherwise Java callers go through Companion.")
    c.no("scoped-package", "yarn add -D @storybook/addon-a11y@8.1.0")
    c.no("scoped-package", "The types come from @tanstack/react-query, no need for ours.")
    c.no("scoped-package", "const { Client } = require('@elastic/elasticsearch');")
    c.no("matrix-product", "cov = (x - mean).T @ (x - mean) / (n - 1)")
    c.no("matrix-product", "If you use @ instead of einsum, broadcasting does the batch.")
    c.no("remote-address", "-  url = git@github.com:acme/old.git", "+  url = git@gitlab.com:acme/new.git")
    c.no("remote-address", "hub.docker.com/r/acme/api@latest", "docker://ghcr.io/acme/api@main")
    c.no("example-address", "<input type='email' placeholder='you@example.com'>")
    c.no("example-address", "Faker gives us things like bob@example.net, which is fine in snapshots.")
    c.no("example-address", "ops@example.org is the documented default for `--contact`.")
    c.no("doc-tag", "@throws {TypeError} if the secret is not a string", "@returns {Promise<void>}")
    c.no("doc-tag", "# @param password [String] the password in clear", "# @return [Boolean]")
    c.no("doc-tag", "-- @field token string", "--- @class Session")
    c.no("instance-variable", "@token ||= fetch_token", "@user.password = params[:password]")
    c.no("instance-variable", 'my @fields = split /,/, $line; print "@fields";')
    c.no("instance-variable", "DECLARE @password_hash VARBINARY(64);", "SET @retries = @retries + 1;")
    c.no("instance-variable", 'NSString *title = @"Password"; return @{ @"kind": @(kind) };')
    c.no("instance-variable", '@doc "Verifies a token"', "@spec verify(binary) :: :ok | :error")
    c.no("unit-name", "systemctl restart getty@tty1.service")
    c.no("unit-name", "After=postgresql@15-main.service")
    c.no("unit-name", "background: url(logo@2x.png) no-repeat;")
    c.no("at-rule", "@tailwind base;", "@apply rounded-md px-2;")
    c.no("at-rule", '<div @click="submit" @keyup.enter="login(password)" />')
    c.no("at-rule", "@supports (display: grid) and (not (display: inline-grid)) { main { float: none } }")


def _plain_figures(c: Cases, p: Parts) -> None:
    c.no("version", "openssl-1:3.0.7-27.el9.x86_64")
    c.no("version", "- Microsoft.Data.SqlClient 5.1.4.0 -> 5.2.1.0")
    c.no("version", "node v20.11.1, npm 10.2.4, linux 6.5.0-1018")
    c.no("private-ip", "server 172.16.4.21:9000 weight=3;")
    c.no("private-ip", "+  - 169.254.169.254/32  # instance metadata")
    c.no("private-ip", "inet6 fe80::1%lo0 prefixlen 64")
    c.no("documentation-ip", "dig @192.0.2.53 www.example.com")
    c.no("documentation-ip", "assert parse('203.0.113.7') == (203, 0, 113, 7)")
    c.no("documentation-ip", "listen 2001:db8::10")
    c.no("timestamp", "deadline = 1718000000 + 86400")
    c.no("timestamp", "[2024-06-11 09:41:07,123] INFO worker-3 done in 00:01:12.55")
    c.no("timestamp", "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT")
    c.no("timestamp", "TIMESTAMP_NS = 1718000000123456789")
    c.no("number-id", "EAN 4006381333948 is rejected by our own validator")
    c.no("number-id", "snowflake = 175928847299117063")
    c.no("number-id", "INT64_MAX is 9223372036854775807, the test uses one more")
    c.no("number-id", "seed = 6364136223846793005 * state + 1442695040888963407")
    c.no("number-id", "account: '000000000000', region: 'local'")
    c.no("colour", '<path fill="#e34c26" d="M41 460L0 0h451l-41 460-185 52"/>')
    c.no("colour", "palette = ['#ffadad', '#ffd6a5', '#fdffb6', '#caffbf']")
    c.no("hex-literal", "0x00007ff6e2b41c30 in main () at main.c:12")
    c.no("hex-literal", "const SEED: u64 = 0x9e37_79b9_7f4a_7c15;")
    c.no("coordinate", "center: [52.520008, 13.404954], zoom: 11")
    c.no("coordinate", 'viewBox="0 0 1024 1024" transform="matrix(1 0 0 1 -213.5 402.25)"')
    c.no("coordinate", "expected 415 rows and 220 columns, the report prints 415x220")


def _plain_talk(c: Cases, p: Parts) -> None:
    c.no("prose", "Is the password field trimmed before it is compared?")
    c.no("prose", "I would not store the token at all. It can be derived from the session.")
    c.no("prose", "This secret has to be rotated by hand, can we document how?")
    c.no("prose", "password is required, username is not. The schema says otherwise.")
    c.no("prose", "Token: a maximal run of characters that are not white space.")
    c.no("prose", "The API key belongs in the header, the query string ends up in logs.")
    c.no("prose", "We pass the passphrase through stdin so that it does not show in `ps`.")
    c.no("prose", "Private keys never leave the HSM, see the threat model.")
    c.no("prose", "The phone number column should be text, leading zeros get lost.")
    c.no("prose", "Our auth: first the cookie, then the bearer token, else a 401.")
    c.no("log-line", "FAILED tests/test_login.py::test_password - AssertionError: assert None is not None")
    c.no("log-line", "npm ERR! code E401", "npm ERR! Incorrect or missing password.")
    c.no("log-line", "fatal: Authentication failed: bad credentials for user (unknown)")
    c.no("log-line", "panic: unexpected token EOF at line 3, column 17")
    c.no(
        "diff-hunk",
        "@@ -40,6 +40,7 @@ class PasswordForm:",
        "     def clean(self):",
        "+        self.require('password')",
        "         return self.data",
    )
    c.no(
        "diff-hunk",
        "--- a/config/secrets.yml.example",
        "+++ b/config/secrets.yml.example",
        "-# token:",
        "+# api_token:",
    )
    c.no("diff-hunk", "-  token, err := parse(raw)", "+  token, err := p.parse(ctx, raw)", "   if err != nil {")
    c.no("shell", "while getopts 'p:t:' flag; do case $flag in p) password=$OPTARG ;; esac; done")
    c.no("shell", 'echo "${#token} characters" >&2')
    c.no("shell", "git rev-parse --abbrev-ref @{upstream}")
    c.no("public-key", "ssh-keygen -lf key.pub", "gpg --armor --export-secret-keys > backup.asc  # by hand only")
    c.no(
        "markup",
        "<label for='password'>Password</label><input id='password' type='password' autocomplete='new-password'>",
    )
    c.no("markup", "| Parameter | Meaning |", "| --- | --- |", "| `token` | opaque, at most 512 bytes |")
    c.no("markup", "{% if form.password.errors %}{{ form.password.errors }}{% endif %}")
