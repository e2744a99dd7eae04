"""History for `gateway explain --history`: what the ledger would tell the rules about a message, without writing anything."""

from __future__ import annotations

from gateway.judgement.verdict import Examination, History
from gateway.ledger.history import Known
from gateway.ledger.keyed import Keyed
from gateway.ledger.ledger import Ledger
from gateway.ledger.rekeying import rekey
from gateway.policy.model import DEFAULT_CAPS, Caps


class HistoryReader:
    """Reads the ledger as it is at each question."""

    def __init__(self, ledger: Ledger, caps: Caps = DEFAULT_CAPS) -> None:
        self._ledger = ledger
        self._caps = caps

    def of(self, examination: Examination) -> History:
        """As the writer would load it now. Raises LedgerUnavailable."""
        keyed = Keyed.of(examination, self._ledger.pseudonyms)
        now = self._ledger.clock()
        with self._ledger.reading() as connection, connection.begin_nested() as undone:
            rekey(connection, [examination], self._ledger.pseudonyms, now)  # nothing, unless the key was rotated
            history = Known.load(connection, [(examination, keyed)], self._ledger.pseudonyms, now, self._caps).history(examination, keyed)
            undone.rollback()
            return history
