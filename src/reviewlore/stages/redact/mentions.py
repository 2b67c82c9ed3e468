"""Prose in, prose without people's handles out: mentions, profile links, and the logins of people known to be there.

Code keeps its decorators: what a language or a tool calls `@name` is no mention. It never touches hunks.
"""

import re
from collections.abc import Collection
from functools import lru_cache

from reviewlore.domain.late import LatePattern

# A dot ends a sentence, or leads on in a decorator; companies' accounts end in `_name`.
_MENTION = re.compile(
    r"(?<![^\W_])(?<![@/}\\])(?P<tick>`{0,3})@(?P<login>[A-Za-z0-9](?:[A-Za-z0-9_-]{0,60}))"
    r"(?![\w(]|[.-]\w)(?P<team>/[\w-]{1,64})?"
    r"|(?<=github\.com/)(?P<profile>[A-Za-z0-9-]{1,39})(?:\.png\b|(?![\w/.-]))"
    r"|(?<=gitlab\.com/)(?P<other>[A-Za-z0-9_-]{2,64})(?![\w/.-])"
)
_PAGES = frozenset(
    "features settings marketplace explore topics trending pulls issues notifications about pricing login join "
    "security "
    "sponsors orgs apps new search codespaces copilot enterprise team customer-stories readme docs site contact "
    "actions "
    "collections events someone".split()
)
# Decorators, annotations, documentation tags, style sheet rules and template directives of common languages and tools.
_DECORATORS = frozenset(
    """
    property staticmethod classmethod abstractmethod abstractproperty cached_property functools dataclass
    dataclasses override overload final singledispatch contextmanager asynccontextmanager wraps lru_cache cache
    total_ordering unique pytest fixture parametrize mock patch unittest skip skipif given settings example task
    shared_task route get post put delete app api cli click command group option validator field_validator
    model_validator root_validator computed_field login_required require_http_methods receiver register action
    permission_required csrf_exempt typing runtime_checkable no_type_check njit jit vmap torch tf numba celery retry
    hybrid_property validates listens_for deprecated functionalinterface safevarargs suppresswarnings nullable
    notnull nonnull notnullbydefault nonnullbydefault checkfornull test before after beforeeach aftereach beforeall
    afterall beforeclass afterclass disabled ignore timeout rule parameterizedtest valuesource methodsource
    csvsource runwith extendwith springboottest mockbean mockito injectmocks spy captor autowired component service
    repository controller restcontroller configuration bean value qualifier primary scope lazy profile transactional
    async scheduled cacheable entity table id column generatedvalue manytoone onetomany manytomany onetoone
    joincolumn embedded transient version requestmapping getmapping postmapping putmapping deletemapping
    patchmapping requestbody responsebody requestparam pathvariable requestheader responsestatus exceptionhandler
    controlleradvice crossorigin valid validated size min max pattern email inject named singleton provides module
    produces consumes path queryparam pathparam json jsonproperty jsonignore jsoncreator jsontypeinfo data getter
    setter builder allargsconstructor noargsconstructor requiredargsconstructor slf4j log4j2 sneakythrows generated
    visiblefortesting guardedby threadsafe immutable notthreadsafe beta internalapi unstableapi retention target
    documented inherited interface native strictfp throws jvmstatic jvmoverloads jvmfield jvmname composable preview
    parcelize hiltviewmodel androidentrypoint binds keep mainthread workerthread uithread param params parameter
    return returns throw exception see since author link linkplain code literal inheritdoc type typedef template
    extends implements private protected public readonly static abstract class constructor function method memberof
    namespace callback enum yields generator global hideconstructor internal todo fixme summary remarks description
    default defaultvalue brief details note warning attention bug file copyright license examples ingroup addtogroup
    defgroup tparam retval pre invariant precondition expectederror ts-ignore ts-expect-error ts-nocheck ts-check
    jsx jsximportsource flow noflow format prettier pure vitest-environment jest-environment injectable input output
    viewchild viewchildren contentchild hostlistener hostbinding directive pipe ngmodule state prop watch emit model
    query mutation resolver args objecttype inputtype field body headers req res next types babel angular vue react
    nestjs nuxt nuxtjs nrwl testing-library storybook mui emotion tanstack reduxjs typescript-eslint eslint rollup
    vitejs vitest jest playwright trpc prisma apollo graphql-codegen octokit sentry aws-sdk azure google-cloud
    firebase supabase radix-ui headlessui heroicons floating-ui ant-design chakra-ui swc esbuild parcel lerna
    changesets commitlint semantic-release sveltejs astrojs remix-run solidjs tailwindcss media import charset
    font-face keyframes supports page layer container counter-style apply tailwind include mixin extend use forward
    if else each for while warn error debug at-root content screen font-feature-values starting-style variants
    responsive endif foreach endforeach section yield csrf auth guest php endphp push stack once blade isset empty
    switch case main mainactor observedobject stateobject environmentobject environment binding published escaping
    autoclosure available objc discardableresult viewbuilder testable frozen inlinable usablefrominline sendable
    autoreleasepool implementation end selector synthesize dynamic optional required try catch finally protocol
    moduledoc doc spec behaviour impl attribute opaque compile dialyzer echo latest stable alpha canary rc head here
    all everyone channel bazel maven foo bar name username user someone mention handle in inbounds inline noinline
    show time assert threads view views simd fastmath benchmark testset
    """.split()
)
_TRAILER = re.compile(
    r"^((?:co-authored|co-developed|signed-off|reviewed|acked|tested|reported|suggested"
    r"|helped)-by:)(?! someone$)[^\n]*",
    re.IGNORECASE | re.MULTILINE,
)
# What stands before `@scope/name` where that is a package, not a team.
_PACKAGE_BEFORE = LatePattern(
    r"(?<![@\w-])(?:npx|npm|yarn|pnpm|bun|bunx|dlx|deno|jsr|install|add|i|import|from|require"
    r"|packages?|upgrade|update|bump|uses?)[\s:(\"'`]{1,3}(?:-\w+\s)?\Z|[\"'`]\Z",
    re.IGNORECASE,
)
_FENCE = LatePattern(
    r"^ {0,3}(?P<mark>`{3,}|~{3,})[^\n]*\n(?:.*?^ {0,3}(?P=mark)[`~]*[ \t]*$|.*\Z)", re.MULTILINE | re.DOTALL
)
_ASSIGNED = re.compile(
    r"@([A-Za-z_]\w*)(?=(?:\.\w+)?\s{0,3}(?:\|\||[-+*/]|\?\?)?=(?!=)|\s+(?:VAR|N?CHAR|INT|BIGINT|BIT|DATE|TABLE))"
)
_WORD = re.compile(r"[\w-]+")


def redact_mentions(text: str, people: Collection[str] = (), code: str = "") -> str:
    """Return prose with people's handles made anonymous (code keeps its decorators: use on remarks only).

    `people` are logins known to be in the thread: they are replaced wherever they stand as whole words of three letters
    or more, whatever their case, outside fenced code. A login that stands as a word in `code`, the hunk that is talked
    about, is taken for the code's own word and replaced only behind an @. What `code` calls `@name` is a decorator.
    """
    known = _known(frozenset(people))
    if "@" not in text and ".com/" not in text and "-by" not in text.lower() and known is None:
        return text
    words = {word.lower() for word in _WORD.findall(code)} if known and code else set()
    parts, start = [], 0
    for fence in _FENCE.finditer(text):
        parts += [_prose(text[start : fence.start()], known, words, code), _quoted_code(fence[0], known)]
        start = fence.end()
    return "".join([*parts, _prose(text[start:], known, words, code)])


def _prose(text: str, known: "_People | None", words: set[str], code: str) -> str:
    def anonymous(match: re.Match[str]) -> str:
        profile = match["profile"] or match["other"]
        if profile:
            return match[0] if profile.lower() in _PAGES else "@someone"
        login = match["login"]
        if login.lower() == "someone" or not _is_person(login, match, known, code):
            return match[0]
        return f"{match['tick']}@someone"

    text = _MENTION.sub(anonymous, _TRAILER.sub(r"\1 someone", text))
    if known is None:
        return text
    return known.pattern.sub(lambda match: match[0] if match[0].lower() in words else "someone", text)


def _quoted_code(text: str, known: "_People | None") -> str:
    """Fenced code keeps its own words; only handles of people known to be there leave."""
    if known is None:
        return text
    return re.sub(
        r"(?<![\w@/.])@([A-Za-z0-9-]{1,60})(?![\w(.])",
        lambda match: "@someone" if match[1].lower() in known.logins else match[0],
        text,
    )


def _is_person(login: str, match: re.Match[str], known: "_People | None", code: str) -> bool:
    if known and login.lower() in known.logins:
        return True
    if match["team"] and _PACKAGE_BEFORE.search(match.string, max(0, match.start() - 40), match.start()):
        return False
    if login in _assigned(match.string):
        return False
    if login.lower() in _DECORATORS or (code and f"@{login}" in code):
        return False
    if match["tick"]:  # between backticks most are code's: a login has a hyphen or a digit, a decorator seldom
        return bool(re.search(r"[-\d]", login)) and match["team"] is None
    return True


@lru_cache(maxsize=64)
def _assigned(text: str) -> frozenset[str]:
    """Return what a text sets or declares as `@name`: the variables of Ruby, Perl and SQL look like mentions."""
    return frozenset(_ASSIGNED.findall(text))


class _People:
    """Logins of a thread, in small letters, and where they stand as whole words."""

    def __init__(self, logins: frozenset[str]) -> None:
        self.logins = frozenset(login.lower() for login in logins)
        long = sorted((login for login in self.logins if len(login) >= 3), key=lambda login: (-len(login), login))
        names = "|".join(map(re.escape, long)) or r"(?!)"
        self.pattern = re.compile(rf"(?<![\w@/.-])(?:{names})(?![\w/@-]|\.\w|\()", re.IGNORECASE)


@lru_cache(maxsize=256)
def _known(people: frozenset[str]) -> _People | None:
    return _People(people) if people else None
