"""What a model card says, section by section, in the order of Mitchell et al. 2019; `card_markdown` and pages print it.

A card in, sections of plain text out. https://doi.org/10.1145/3287560.3287596, https://huggingface.co/docs/hub/model-cards
"""

from reviewlore.domain.card import CardSection, ModelCard
from reviewlore.domain.evaluation import GateDecision
from reviewlore.domain.finding import Tier
from reviewlore.formats.card_data import data_section
from reviewlore.formats.card_judged import calibration_section, evaluation_section, guards_section
from reviewlore.formats.card_lineage import lineage_section, spent_section
from reviewlore.formats.card_training import training_section

_KINDS: dict[Tier, str] = {
    "embedded": "a ranker of review remarks: boosted decision trees over features of a remark and the code it is on",
    "prompt": "a prompt to a language model that is not trained",
    "adapter": "a low-rank adapter of a language model, trained on which of two review remarks a team stands by",
}
_STATES = {
    "candidate": "a candidate: it is not in force",
    "canary": "on trial for a share of pull requests",
    "active": "in force",
    "retired": "retired: it was in force before",
    "rejected": "rejected: it was never in force",
}


def card_sections(card: ModelCard) -> tuple[CardSection, ...]:
    """Return all sections of a card; what is not known is said to be so, not left out."""
    return (
        _model(card),
        _uses(card),
        data_section(card),
        training_section(card),
        evaluation_section(card),
        guards_section(card),
        *_gate(card),
        calibration_section(card),
        _limits(card),
        lineage_section(card),
        spent_section(card),
        _handling(card),
    )


def card_lead(card: ModelCard) -> str:
    """Return what a version is and how it stands, in two sentences."""
    standing = f" It is {_STATES[card.standing.state]}." if card.standing else ""
    kind = _KINDS[card.manifest.tier]
    return f"{kind[0].upper()}{kind[1:]}, made by reviewlore from one team's own merged pull requests.{standing}"


def _model(card: ModelCard) -> CardSection:
    manifest, standing = card.manifest, card.standing
    facts = [
        ("Version", manifest.id),
        ("Kind", _KINDS[manifest.tier]),
        ("Made", manifest.created_at),
        ("Made by", f"recipe {manifest.recipe}, reviewlore {manifest.packages.get('reviewlore', '(not recorded)')}"),
        ("Judges remarks of", f"the {manifest.specialist} specialist" if manifest.specialist else "everybody"),
    ]
    if manifest.tier == "adapter":
        facts.append(
            ("Base model", f"{manifest.base_model or 'not recorded'} at {manifest.base_revision or 'unknown'}")
        )
    base = ", and the base model has a licence of its own" if manifest.tier == "adapter" else ""
    facts.append(("Licence", f"not set by reviewlore: the data is the team's own{base}"))
    if standing:
        facts += [
            ("State", f"{standing.state} since {standing.decided_at}, decided by {standing.decided_by}"),
            ("Reason", standing.reason),
        ]
    return CardSection("model", "Model details", (card_lead(card),), tuple(facts))


def _uses(card: ModelCard) -> CardSection:
    meant = [
        "Meant for: ordering review remarks of people and machines, and leaving out some, where it learned from.",
        "Meant for: telling how likely a remark is to be acted on, where it is calibrated.",
    ]
    if card.manifest.tier == "adapter":
        meant.append("Meant for: writing remarks in this team's manner, which a person reads before code is changed.")
    never = (
        "Not for judging people: what a remark is worth says nothing of who wrote it or whose code it is on.",
        "Not for approving, merging or blocking a change without a person.",
        "Not for finding security defects or bugs: a remark that nobody made before is not known to it.",
        "Not for other teams: what it prefers is one team's habit. Measure it on their own history first.",
    )
    return CardSection("uses", "Intended use", items=(*meant, *never))


def _gate(card: ModelCard) -> tuple[CardSection, ...]:
    if card.judged is None:
        return ()
    decision = card.judged.decision
    rival = f"against {decision.incumbent}" if decision.incumbent else "with no version in force"
    facts = [
        ("Verdict", f"{'promote' if decision.verdict == 'promote' else 'refuse'}, {rival}"),
        ("Reason", decision.reason),
    ]
    facts += [("Difference", _difference(decision))] if decision.difference else []
    facts += [("Migration", decision.migration)] if decision.migration else []
    facts += [("Besides quality", decision.win)] if decision.win else []
    told = (
        "A version is promoted where it beats what is in force, and what is cheaper, beyond chance on the same pairs."
    )
    return (CardSection("gate", "The gate's decision", (told,), tuple(facts)),)


def _difference(decision: GateDecision) -> str:
    gap = decision.difference
    if gap is None:
        return ""
    return f"{gap.accuracy:+.3f}, 95 % interval {gap.low:+.3f} to {gap.high:+.3f}, on {gap.count} pairs"


def _limits(card: ModelCard) -> CardSection:
    items = [
        "Labels come from history: a remark counts as addressed where code or people say so. In samples 10 to 25 % of "
        "such labels were wrong.",
        "Whoever reviews most is heard most. How much of the data the largest reviewer has is told under Data; voices "
        "beyond a share are weighed down.",
        "It learned from merged pull requests only: what a team declined altogether is not in it.",
        "The code moves on. `reviewlore status` says how far it has since this version was trained.",
        "People can ask to be forgotten: then this version is marked, and another one is due. Its files keep what they "
        "learned until it is replaced.",
    ]
    if card.manifest.base_model and card.manifest.base_model.startswith("made:"):
        items.insert(
            0,
            "Its base model was made on the spot from the training texts. It proves that training works, and knows no "
            "language.",
        )
    items += [f"{told[0].upper()}{told[1:].removesuffix('.')}." for told in card.manifest.not_learned if told]
    if card.judged is None:
        items.append("This version was trained before cards were kept: how it was judged is not recorded here.")
    return CardSection("limits", "Limits and risks", items=tuple(items))


def _handling(card: ModelCard) -> CardSection:
    name = card.manifest.id
    items = [
        "Use: it judges where it is in force; `reviewlore review` and `reviewlore score FILE` need nothing else.",
        f"Put in force by hand: `reviewlore promote {name}`. Undo: `reviewlore rollback`.",
        f"Where it comes from: `reviewlore trace {name}`. Repeat it: `reviewlore train --replay {name}`.",
        f"This card as it stands today: `reviewlore card {name}`.",
    ]
    if card.manifest.tier == "adapter":
        items.insert(1, f"Serve by vLLM, PEFT or transformers: `reviewlore export {name} --output DIR`.")
    return CardSection("handling", "How to use, serve and undo", items=tuple(items))
