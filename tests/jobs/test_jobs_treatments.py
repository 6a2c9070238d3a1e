"""What is done to a picture before it is sent is part of what the shot is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from otio_cometapi.jobs import identity
from otio_cometapi.jobs.takes import takes
from otio_cometapi.records import AS_IT_IS, ColourTransform, SequenceSpec, Shot, Treatment
from support.ledgers import RATE, plan_of, planned, ready_ledger, shot

ACES = ColourTransform("ACEScg", "Rec.1886 Rec.709 - Display", "ACES 1.0 - SDR Video", "studio-config-v2.1.0")
TREATMENTS = [
    Treatment(deinterlace=True),
    Treatment(convert_vfr=True),
    Treatment(lut="/luts/a.cube", lut_sha256="aa"),
    Treatment(lut="/luts/a.cube", lut_sha256="bb"),
    Treatment(colour=ACES),
    Treatment(colour=replace(ACES, view="Un-tone-mapped")),
    Treatment(colour=replace(ACES, source="ACES2065-1")),
    Treatment(colour=replace(ACES, config="studio-config-v2.2.0")),
]


def treated(treatment: Treatment) -> Shot:
    """Return a shot whose source is treated so."""
    one = shot()
    return replace(one, info=replace(one.info, treatment=treatment))


def test_every_treatment_makes_a_shot_of_its_own() -> None:
    """Two pictures that differ are two shots; an untreated one keeps the identity that it always had."""
    ids = [identity.shot_id(treated(each), fingerprint="f1") for each in (AS_IT_IS, *TREATMENTS)]
    assert len(set(ids)) == len(ids)
    assert ids[0] == identity.shot_id(shot(), fingerprint="f1")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Treatment(lut="/luts/a.cube", lut_sha256="aa"), Treatment(lut="/moved/b.cube", lut_sha256="aa")),
        (
            Treatment(colour=replace(ACES, config="/a.ocioz", config_sha256="aa")),
            Treatment(colour=replace(ACES, config="/b.ocioz", config_sha256="aa")),
        ),
    ],
)
def test_files_count_by_their_content(one: Treatment, other: Treatment) -> None:
    """A table or configuration that lies elsewhere makes no other shot."""
    assert one.same_as(other)
    assert identity.shot_id(treated(one), fingerprint="f1") == identity.shot_id(treated(other), fingerprint="f1")
    assert not one.same_as(AS_IT_IS)


def test_a_take_that_is_planned_again_is_cut_from_where_its_files_lie_now(tmp_path: Path) -> None:
    """Media, images and tables that moved are followed; the take stays one."""
    with ready_ledger(tmp_path / "edit.cometjob") as ledger:
        files = SequenceSpec("/new/place", "a.", ".png", 1, 500, RATE)
        lut = Treatment(lut="/new/a.cube", lut_sha256="aa")
        first = treated(replace(lut, lut="/old/a.cube"))
        moved = replace(first, info=replace(first.info, path=files.label, sequence=files, treatment=lut))
        for each in (first, moved):
            ledger.add_plan(plan_of(planned(each)), timeline_text="{}", source_path="")
        (found,) = [take for take in takes(ledger) if take.take_id == planned(first).take_id]
        assert (found.info.path, found.info.sequence, found.info.treatment) == (files.label, files, lut)
