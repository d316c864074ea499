"""What the model of more devices than were measured assumes of them: one table, each number with its source."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """A number of a data sheet, in the unit that `unit` names, and where it stands."""

    name: str
    value: float
    unit: str
    source: str


_SHEET = "NVIDIA H100 Tensor Core GPU data sheet, SXM"
_NODE = "NVIDIA DGX H100 data sheet"

# Peaks, which no program reaches: what follows from them is the least that a call can take.
FLOPS = Quantity("float32 products", 67e12, "FLOP/s", _SHEET)
COPY = Quantity("memory, read and written", 3.35e12, "B/s", _SHEET)
MEMORY = Quantity("memory of a GPU", 80e9, "B", _SHEET)
NODE = Quantity("GPUs of a node", 8, "", _NODE)
LINK = Quantity("NVLink, one GPU, one direction", 450e9, "B/s", f"{_SHEET}: 900 GB/s in both")
UPLINK = Quantity("InfiniBand, one GPU, one direction", 50e9, "B/s", f"{_NODE}: 8 adapters of 400 Gb/s")
QUANTITIES = (FLOPS, COPY, MEMORY, NODE, LINK, UPLINK)


def sent_per_s(devices: int) -> float:
    """Bytes a second along a ring of so many GPUs. Between nodes as many rings as a node has adapters share the array,
    each over its own: together they are as fast as all of them, but no faster than the links within.
    """
    if devices <= NODE.value:
        return LINK.value
    return min(LINK.value, NODE.value * UPLINK.value)
