"""Read what `benchmarks/` wrote: asv's result files and the session records, as one tidy frame."""

from .folder import load
from .run import PATIENT, PROFILES, LoadError, Part, Run, Session, SourceFile, Unmeasured, shorten
