"""The records that cross module boundaries: frozen, slotted, standard library only."""
