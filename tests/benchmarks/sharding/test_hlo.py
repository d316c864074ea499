"""Collectives read from a compiled program's text, in every way that it writes them."""

from __future__ import annotations

import pytest

from benchmarks.sharding.programs.hlo import read_traffic

HEAD = """%region (a: f32[], b: f32[]) -> f32[] {
  ROOT %sum = f32[] add(%a, %b)
}

ENTRY %main (p: f32[4,8]) -> f32[4,8] {
"""


def entry(*lines: str) -> str:
    return HEAD + "".join(f"  {line}\n" for line in lines) + "}\n"


@pytest.mark.parametrize(
    ("line", "kind", "size", "devices"),
    [
        (
            "%r = (f32[4,8]{1,0}, f32[4]{0}) all-reduce(%a, %b), channel_id=1, replica_groups=mesh['x'=1,'y'=8] {'y'}, "
            "use_global_device_ids=true, to_apply=%region",
            "all-reduce",
            4 * (32 + 4),
            8,
        ),
        (
            "%g = f64[16]{0} all-gather(%a), channel_id=2, replica_groups=[2,4]<=[8], dimensions={0}",
            "all-gather",
            128,
            4,
        ),
        (
            "%g = f32[8,8]{0,1} all-gather(%a), channel_id=2, replica_groups={{0,1},{2,3}}, dimensions={1}",
            "all-gather",
            256,
            2,
        ),
        (
            "%s = (f32[4]{0}, f32[16]{0}) all-gather-start(%a), replica_groups={{0,1,2,3}}, dimensions={0}",
            "all-gather",
            64,
            4,
        ),
        (
            "%s = f32[4]{0} reduce-scatter(%a), channel_id=3, replica_groups={{0,1,2,3}}, to_apply=%region",
            "reduce-scatter",
            64,
            4,
        ),
    ],
)
def test_every_notation_is_read(line, kind, size, devices):
    (found,) = read_traffic(entry("%a = f32[4]{0} parameter(0)", line)).collectives
    assert (found.kind, found.bytes, found.devices) == (kind, size, devices)


def test_a_group_of_one_sends_nothing():
    text = entry("%r = f32[4]{0} all-reduce(%a), replica_groups={{0},{1}}, to_apply=%region")
    assert read_traffic(text).collectives == ()
    assert read_traffic(entry("%r = f32[4]{0} add(%a, %a)")).wire_bytes == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "%body (p: f32[4]) -> f32[4] {\n  %r = f32[4]{0} all-reduce(%p), replica_groups={{0,1}}, to_apply=%s\n}\n",
            "all-reduce outside the entry computation; allowed: none in loops and branches",
        ),
        (
            entry("%r = f32[4]{0} collective-permute(%p), source_target_pairs={{0,1}}"),
            "unknown collective 'collective-permute'; allowed: all-reduce, ",
        ),
        (
            entry("%r = bf16[4]{0} all-reduce(%p), replica_groups={{0,1}}, to_apply=%s"),
            "unknown type 'bf16' in a collective; allowed: f64, ",
        ),
        (
            entry("%r = f32[4]{0} all-reduce(%p), replica_groups=everyone, to_apply=%s"),
            "unknown replica groups 'everyone'; allowed: ",
        ),
    ],
)
def test_what_is_not_known_is_one_line(text, says):
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        read_traffic(text)
    assert says in str(caught.value)
