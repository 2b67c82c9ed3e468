"""Personal data leaves the text; networks, versions, checksums, decorators and machine accounts stay."""

import pytest

from reviewlore.stages.redact import redact

PERSONAL = [
    ("email", "mail karl.ostermeier@brandt-it.de now", "karl.ostermeier"),
    ("email", "`mia_k@posteo.net`", "mia_k"),
    ("email", "jana (at) werk (dot) io", "jana"),
    ("email", "jana at werk dot io", "jana"),
    ("email", "jana[at]werk.io", "jana"),
    ("email", "jana@werk[.]io", "jana"),
    ("email", "jana.w AT werk.io", "jana.w"),
    ("email", "12345+jwerk@users.noreply.github.com", "jwerk"),
    ("email", "müller@exämple.de", "exämple"),
    ("phone", "+1 (415) 555-0132", "555-0132"),
    ("phone", "call +14155550132", "4155550132"),
    ("phone", "tel: 030 9018 2045", "9018"),
    ("phone", "415.555.0132", "555.0132"),
    ("phone", "+44 7700 900123", "900123"),
    ("phone", "07700 900123", "900123"),
    ("phone", "+49 (0)30 901820", "901820"),
    ("phone", "phone = '5551234567'", "5551234567"),
    ("phone", "(415) 555-0132", "(415"),
    ("phone", "0049 30 90182045", "90182045"),
    ("phone", "my number is 555-0132", "555-0132"),
    ("ip-address", "connect to 85.214.132.117", "85.214"),
    ("ip-address", "DB_HOST=134.209.24.42", "134.209"),
    ("ip-address", "http://138.201.54.12:8080/x", "138.201"),
    ("ip-address", "ssh ubuntu@212.117.51.132", "212.117"),
    ("ip-address", "from 2a02:810b:4a40:1f4c::1", "810b"),
    ("iban", "DE89370400440532013000", "370400"),
    ("iban", "GB82 WEST 1234 5698 7654 32.", "WEST"),
    ("card-number", "4111 1111 1111 1111", "4111"),
    ("card-number", "card: 5500005555555559", "5500005"),
    ("card-number", "'378282246310005'", "378282"),
    ("insurance-number", "SSN 219-09-9999", "219-09"),
    ("name", "Signed-off-by: Jana Werk", "Jana"),
    ("name", "+Co-authored-by: jwerk <j@w>", "jwerk"),
    ("name", " * @author Jana Werk", "Jana"),
    ("name", "Ask Jana van der Werk <hi@werk.io>", "Werk"),
    ("name", "Author: Jana Werk <jana@werk.io>", "Jana"),
    ("user", "/home/jwerk/src/x.py", "jwerk"),
    ("user", "C:\\Users\\jwerk\\x", "jwerk"),
    ("user", "/Users/jana.werk/x", "jana"),
    ("user", "cd /home/jwerk", "jwerk"),
    ("user", "jwerk@laptop:~$ ls", "jwerk"),
    ("user", "https://www.linkedin.com/in/jana-werk-1a2b3c/", "jana"),
    ("postal-address", "742 Evergreen Terrace, Springfield, IL 62704", "Evergreen"),
    ("postal-address", "Hausvogteiplatz 12, 10117 Berlin", "10117"),
    ("postal-address", "24 rue de la Gare, 67000 Strasbourg", "Gare"),
]

IMPERSONAL = r"""
git@github.com:owner/repo.git and ssh://git@gitlab.com/x/y.git
noreply@github.com
alice@example.org and jane.doe@example.net
http://user:pass@web.com
icon@2x.png
lodash@4.17.21
actions/checkout@v4
+@pytest.mark.slow
x = a@b; W1@x.T; y@self.weight.to(device)
127.0.0.1:8080 10.0.0.12 192.168.1.1 172.16.3.4 0.0.0.0 255.255.255.0
203.0.113.7 and 198.51.100.12 and 2001:db8::1
8.8.8.8 and ::1
==2.14.0.37 and v120.0.6099.109 and Chrome/120.0.6099.109
section 3.2.1.10 of 1.2.3.4
2024-01-02T12:33:11.123456+01:00
1700000000123 and 0x1234567890abcdef
rng = np.random.default_rng(4242424242424242)
DE89370400440532013001
4111 1111 1111 1112
ISBN 978-3-16-148410-0
tel = telemetry.start(1234567)
+12345678901
/home/runner/work/x and /home/user/app and /usr/home/index
~/.ssh/id_rsa and C:\Windows\System32
Inc., 51 Franklin St, Fifth Floor, Boston, MA 02110-1301 USA.
1 Main Loop Drive
see https://twistedmatrix.com/documents/current
12:34:56.789
"""


@pytest.mark.parametrize(("kind", "text", "personal"), PERSONAL)
def test_personal_data_leaves(kind: str, text: str, personal: str) -> None:
    scrubbed, counts = redact(text)
    assert f"[redacted:{kind}]" in scrubbed and kind in counts
    assert personal not in scrubbed
    assert redact(scrubbed) == (scrubbed, {})


@pytest.mark.parametrize("text", [row for row in IMPERSONAL.split("\n") if row])
def test_what_is_nobody_s_stays(text: str) -> None:
    assert redact(f"x\n{text}") == (f"x\n{text}", {})


def test_what_stands_around_personal_data_stays() -> None:
    assert redact("ask (jana@werk.io), or +49 30 901820.") == (
        "ask ([redacted:email]), or [redacted:phone].",
        {"email": 1, "phone": 1},
    )
    assert redact("Co-authored-by: Jana <j@werk.io>\nend")[0] == "Co-authored-by: [redacted:name]\nend"
    assert redact('File "/home/jwerk/a.py", line 3')[0] == 'File "/home/[redacted:user]/a.py", line 3'
    assert redact("to DE89 3704 0044 0532 0130 00 today")[0] == "to [redacted:iban] today"
