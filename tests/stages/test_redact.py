"""Secrets leave the text and ordinary code stays, whatever wraps them; lines keep their number; time stays linear."""

import base64
import random
import re
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.stages.redact import redact, redact_mentions

_DRAW = random.Random(11)


def drawn(length: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(_DRAW.choice(letters) for _ in range(length - 1)) + "7"


def hexed(length: int) -> str:
    return drawn(length, "0123456789abcdef")


# Assembled here so that no scanner takes this file for a leak.
KINDS = {
    "github-token": ["gh" + "p_" + drawn(36), "gh" + "s_1234567_ey" + "JhbGciOi.ey" + "JpYXQiOj." + drawn(40),
                     "github_" + "pat_" + drawn(22) + "_" + drawn(59), "v1" + "." + hexed(40)],
    "gitlab-token": ["gl" + "pat-" + drawn(20), "gl" + "rt-" + drawn(20)],
    "slack-token": ["xo" + "xb-123456789012-" + drawn(24), "xa" + "pp-1-A0B1C2D3-1234567890-" + hexed(20)],
    "slack-webhook": ["https://hooks." + "slack.com/services/T0001/B0002/" + drawn(24)],
    "webhook": ["https://discord." + "com/api/webhooks/123456789012345678/" + drawn(60)],
    "aws-key": ["AK" + "IA" + "QWERTYUIOPASDFG2", "AS" + "IA" + "ZXCVBNMLKJHGFDS4"],
    "google-key": ["AI" + "za" + drawn(35), "ya" + "29." + drawn(40), "GOC" + "SPX-" + drawn(28)],
    "azure-key": [drawn(3) + "7Q~" + drawn(34), drawn(44) + "+AS" + "t" + drawn(6) + "=="],
    "stripe-key": ["sk" + "_live_" + drawn(24), "rk" + "_test_" + drawn(24), "wh" + "sec_" + drawn(32)],
    "model-api-key": ["sk" + "-ant-api03-" + drawn(80), "sk" + "-proj-" + drawn(48), "h" + "f_" + drawn(34)],
    "package-token": ["np" + "m_" + drawn(36), "py" + "pi-" + drawn(90), "dck" + "r_pat_" + drawn(27)],
    "service-token": [
        "S" + "G." + drawn(22) + "." + drawn(43), "S" + "K" + hexed(32), "123456789:A" + "A" + drawn(33),
        "MTk4NjIyNDgzNDcxOTI1MjQ4" + ".Cl2FMQ." + drawn(27), "shp" + "at_" + hexed(32), "dap" + "i" + hexed(32),
        "glc" + "_" + drawn(40), "NR" + "AK-" + drawn(27, string.ascii_uppercase), "key" + "-" + hexed(32),
    ],
    "cloud-key": ["do" + "p_v1_" + hexed(64)],
    "vault-token": ["hv" + "s." + drawn(24), drawn(14) + ".atlas" + "v1." + drawn(60)],
    "jwt": ["ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxMjM0In0." + drawn(43)],
    "password-hash": ["$2" + "b$12$" + drawn(53), "$6" + "$" + drawn(10) + "$" + drawn(86)],
    "url-password": ["://lore:" + "hunter2" + "@db/x", "https://" + hexed(20) + "@host/x"],
}  # fmt: skip

PASSWORDS = ["Tr0ub4dor&3", "correcthorsebattery", "Sommer2024!", "letmein99", "MonkeyBars", "p@ssw0rd1", "zaubermaus"]
TOKENS = [drawn(40), hexed(32), hexed(64), drawn(24), "8f14e45f-ceea-467f-a8d3-" + hexed(12)]

PASSWORD_PLACES = [
    'db_password = "§"', "    password: '§',", "DB_PASSWORD=§", "+  password: §", 'String password = "§";',
    "<password>§</password>", '{"password": "§"}', "{\\\"password\\\": \\\"§\\\"}", "mysql://app:§@db.internal/prod",
    'the password is "§"', 'connect(host, user="app", password="§")', 'os.environ["DB_PASSWORD"] = "§"',
    "ENV ADMIN_PASSWORD=§", 'connect("dbname=x user=y password=§")', "curl -u admin:§ https://ci.internal/job",
    "PGPASSWORD=§ psql -h db", 'setPassword("§");', "Server=db;User Id=sa;Password=§;", 'const PASSWORD: &str = "§";',
    '<add key="Password" value="§" />', 'password => "§",', 'define("DB_PASSWORD", "§");', "--password §",
    "ALTER USER app WITH PASSWORD '§';", "mysql -u root -p§ app", 'password = \\\n+    "§"', "sshpass -p '§' ssh x",
    '- name: DB_PASSWORD\n  value: "§"', "http://user:§@proxy:3128", 'passphrase = "§"', 'smtp.login("bot", "§")',
    'auth=("svc", "§")', 'new NetworkCredential("svc", "§")', "pwd: `§`", "echo '§' | sudo -S apt update",
    "--set auth.password=§", "password=§&user=x", "machine git.internal login bot password §", "db:5432:app:bot:§",
    'os.getenv("DB_PASSWORD", "§")', "redis.conf\n  requirepass §\n", "can you log in with user demo and password §?",
]  # fmt: skip
TOKEN_PLACES = [
    'API_KEY = "§"', "api_key: §", "token=§", 'headers = {"Authorization": "Bearer §"}', "X-Api-Key: §",
    '"accessToken": "§"', "https://api.internal/v1?api_key=§&q=1", "export DD_API_KEY=§", "--token §",
    'private static final String TOKEN = "§";', '-H "Authorization: token §"', "webhook secret is §",
    "cookie: session=§; path=/", "Set-Cookie: sid=§; HttpOnly", 'signing_key := []byte("§")', 'JWT_SECRET: "§"',
    'jwt.encode(payload, "§", algorithm="HS256")', "//registry.internal/:_authToken=§", "here is my token: §",
    "the api key `§` is still in there", 'encryption_key = bytes.fromhex("§")', 'hmac.new(b"§", msg)',
    "AccountKey=§", "I used § as the token", "SECRET_KEY_BASE=§", 'secret = "§" +\n+    "tail2tail3"',
]  # fmt: skip

ORDINARY = r"""
def f(self, password=None): return token
sha = '3f786850e387550fdabed27ddcd9ceaa5fd0a5b2'
"integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
id = "123e4567-e89b-12d3-a456-426614174000"
password = os.environ["DB_PASSWORD"]
password = getpass.getpass("Password: ")
token = request.headers.get("X-Auth-Token")
token: ${{ secrets.GITHUB_TOKEN }}
secrets: inherit
API_KEY=<your-api-key>
API_KEY=your-api-key-here
password: changeme
password: "********"
def login(user: str, password: str) -> Token:
password=password, token=token, secret=self._secret,
if (password !== confirmPassword) {
const token = await getToken(user.id);
private readonly token: string;
private_key: Ed25519PrivateKey | Ed448PrivateKey
table, host, access_key, secret_key = s3_example_simple
tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
class PasswordResetForm(forms.Form):
<input type="password" name="password" autocomplete="new-password">
"password": "Password",
errors.password = "Password must be at least 8 characters"
secretName: api-tls-v2
sort_key = "created_at"
cache_key = f"user:{user_id}:v2"
apiKey: process.env.API_KEY
Authorization: Bearer <token>
curl -H "Authorization: Bearer $TOKEN" https://api.internal
postgres://user:password@localhost:5432/db
postgresql://postgres:postgres@localhost/test
redis://:${REDIS_PASSWORD}@redis:6379/0
git@github.com:owner/repo.git
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7
-----BEGIN CERTIFICATE-----
if "-----BEGIN PRIVATE KEY-----" in data and "-----END PRIVATE KEY-----" in data:
data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk
.css-1q2w3e4r5t {color: red}
the password is wrong and the token is missing
you can pass 'euclidean' or pass `x` instead
basic authentication and bearer tokens
signature = base64.b64encode(hmac.new(key, msg, hashlib.sha256).digest())
public_key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE5y0Y2B"
checksum = "d41d8cd98f00b204e9800998ecf8427e"
token_ids = [101, 2023, 2003]
AKIAIOSFODNN7EXAMPLE
xoxb-your-token
class="sk-toggleable__label-arrow" sk-learn and sk_live without a value
PASSWORD_MIN_LENGTH = 12
Password: {{ .Values.password }}
--token "$TOKEN"
'password' => env('DB_PASSWORD')
mock_token = "test-token-1"
credentials: "same-origin"
secret_id = "projects/p1/secrets/db/versions/3"
token: Uint8Array = make2()
password=settings.PASSWORD_22, token=get_token22()
secret = values[12], token = tokens22[0], api_key: str | None = None
see http://localhost:8080/a@2 and y = x @ w, owner/name#12
log.info("user=%s password=%s", user, mask(password))
passport.authenticate("google", { scope })
pwd = (self.password.encode('utf-8') if isinstance(self.password, str) else self.password)
run the lambdas to pass arguments.
bad_addr = 2001:0001:4136:e378:8000:63bf:3fff:fdd2
"""


@pytest.mark.parametrize(("kind", "secret"), [(kind, value) for kind, values in KINDS.items() for value in values])
def test_a_token_of_a_known_form_is_replaced_by_its_kind(kind: str, secret: str) -> None:
    text, counts = redact(f"before {secret} after")
    assert f"[redacted:{kind}]" in text and secret not in text
    assert counts == {kind: 1}
    assert text.startswith("before ") and text.endswith(" after")


@pytest.mark.parametrize("place", PASSWORD_PLACES)
def test_people_s_own_words_beside_a_telling_name_leave(place: str) -> None:
    left = [word for word in PASSWORDS if word in redact(place.replace("§", word))[0]]
    assert not left


@pytest.mark.parametrize("place", TOKEN_PLACES)
def test_a_random_value_beside_a_telling_name_leaves(place: str) -> None:
    left = [token for token in TOKENS if token in redact(place.replace("§", token))[0]]
    assert not left


@pytest.mark.parametrize("text", ORDINARY.strip().split("\n"))
def test_ordinary_code_stays(text: str) -> None:
    assert redact(text) == (text, {})


KEY_LINES = [drawn(64) for _ in range(6)]
BEGIN, END = "-----BEGIN RSA PRIVATE" + " KEY-----", "-----END RSA PRIVATE" + " KEY-----"


@pytest.mark.parametrize("mark", ["", "+", "-", " ", "+    ", "> "])
@pytest.mark.parametrize("cut", ["whole", "no end", "no begin"])
def test_a_private_key_leaves_and_lines_stay_where_they_are(mark: str, cut: str) -> None:
    rows = [BEGIN, *KEY_LINES, "MIIE" + drawn(8), END]
    rows = rows[:-1] if cut == "no end" else rows[1:] if cut == "no begin" else rows
    text = "\n".join([" first", *(mark + row for row in rows), " last"])
    scrubbed, counts = redact(text)
    assert counts == {"private-key": 1}
    assert not any(row in scrubbed for row in KEY_LINES)
    old, new = text.split("\n"), scrubbed.split("\n")
    assert len(new) == len(old) and new[-1] == " last"
    assert all(not row or row[0] == mark[:1] for row in new[2:-1] if mark in {"+", "-"})


def test_a_private_key_in_one_line_and_of_a_service_account_leaves() -> None:
    body = "\\n".join(KEY_LINES)
    text = f'{{"private_key_id": "{hexed(40)}", "private_key": "{BEGIN}\\n{body}\\n{END}\\n"}}'
    scrubbed, counts = redact(text)
    assert counts["private-key"] == 1 and counts["google-key"] == 1
    assert not any(row in scrubbed for row in KEY_LINES)
    short, _ = redact('"kty":"EC","d":"' + drawn(43) + '"')
    assert short == '"kty":"EC","d":"[redacted:private-key]"'


def test_a_token_in_pieces_leaves_piece_by_piece() -> None:
    token = "gh" + "p_" + drawn(36)
    for joint in ('" + "', '" "', '" +\n+        "', '"\n+    "', "\\\n+"):
        text = f'+x = "{token[:12]}{joint}{token[12:]}"\n+y'
        scrubbed, counts = redact(text)
        assert token[:12] not in scrubbed and token[12:] not in scrubbed
        assert counts == {"github-token": 2}
        assert scrubbed.count("\n") == text.count("\n")


def test_a_token_as_base64_or_hexadecimal_leaves() -> None:
    token = "gh" + "p_" + drawn(36)
    for plain in (token, f"token={token}", f"a:{token}"):
        coded = base64.b64encode(plain.encode()).decode()
        assert redact(f"data: {coded} end") == ("data: [redacted:github-token] end", {"github-token": 1})
    assert redact(f"x {token.encode().hex()} y") == ("x [redacted:github-token] y", {"github-token": 1})
    assert redact("Basic " + base64.b64encode(b"lore:swordfish9").decode())[1] == {"authorization": 1}


def test_a_secret_without_a_form_is_known_by_the_id_beside_it() -> None:
    secret = "aB3" + drawn(37)
    assert secret not in redact("AK" + f"IAQWERTYUIOPASDFG2\n{secret}")[0]
    assert secret in redact(f"see {secret}")[0]


@given(st.text(max_size=300))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once, _ = redact(text)
    assert redact(once) == (once, {})


_BITS = st.sampled_from(
    ["password", "token", " = ", ": ", '"', "'", "hunter2", "\n", "+", " ", "@", "jane", "brandt.de", "AK" + "IA", "§",
     "://", "[redacted:secret]", "api_key", "gh" + "p_", drawn(36), "+49 30 901820", BEGIN, END, "x" * 20, "=", ":",
     "`", "<", ">"]
)  # fmt: skip


@given(st.lists(_BITS, max_size=24).map("".join))
def test_what_looks_like_secrets_is_redacted_once_and_keeps_its_lines(text: str) -> None:
    once, counts = redact(text)
    assert redact(once) == (once, {})
    assert once.count("\n") == text.count("\n")
    assert bool(counts) == (once != text)


HOSTILE = [
    "a", "@", "=", '"', "'", " ", "\n", "1", "1-", "1 ", "+1 ", "a@", "a.b@", "://", "a:", "eyJ", "-u a:", "token=",
    "token=a1", "bearer ", "SG.", "A+\n", BEGIN, END + "\n", "aGVsbG8gd29ybGQ", 'password "', "password is ",
    "From: a\n", "Aaa ", "1 Aa Aa ", "cookie: a=", "2aaa:", "a at b dot ", "a[at]", "mysql a", "echo a",
    "QUFB" * 15 + "\n", "`@a-1",
    '" + "', "\\\n", "```a\nx", "DE12 ", "machine a login ", "http://a:b", '{"password": {',
    "log in a/",
    "as the password ",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text_takes_linear_time(unit: str) -> None:
    """Four times the text takes about four times as long; sixteen times would be quadratic."""

    def cost(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        best = 9.0
        for _ in range(3):
            start = time.process_time()
            redact_mentions(redact(text)[0])
            best = min(best, time.process_time() - start)
            if best > 0.2:
                break
        return best

    assert cost(32_000) < 10 * cost(8_000) + 0.05


def test_a_bare_word_is_no_secret_however_random() -> None:
    assert redact(drawn(40))[1] == {}
    assert not re.search("redacted", redact(" ".join(TOKENS))[0])
