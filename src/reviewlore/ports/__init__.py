"""What the flows need from the world. Adapters implement these; the core never names them.

No type of a third party appears in a signature; every method may raise the errors of `reviewlore.errors`.
"""

from reviewlore.ports.code import Grammar, Index, Repo, Revision, Rewriting, Store
from reviewlore.ports.deliveries import DeliveryQueue, Taken
from reviewlore.ports.forge import Forge, ForgeAccount, ForgeComments, ForgeHistory, ForgeRuns, ForgeVoice
from reviewlore.ports.generating import Generator
from reviewlore.ports.judging import AdapterTrainer, Probe, RankerTrainer, Reader, Scorer
from reviewlore.ports.machine import Clock, Console, LifeSigns, Meter, Runner
from reviewlore.ports.sources import Parsers, Shelf

__all__ = [
    "AdapterTrainer",
    "Clock",
    "Console",
    "DeliveryQueue",
    "Forge",
    "ForgeAccount",
    "ForgeComments",
    "ForgeHistory",
    "ForgeRuns",
    "ForgeVoice",
    "Generator",
    "Grammar",
    "Index",
    "LifeSigns",
    "Meter",
    "Parsers",
    "Probe",
    "RankerTrainer",
    "Reader",
    "Repo",
    "Revision",
    "Rewriting",
    "Runner",
    "Scorer",
    "Shelf",
    "Store",
    "Taken",
]
