"""Exports: read back by readers that are not ours, at sector level, marked as simulated, never overwriting."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim.experiment.findings import CAVEAT
from sim.report.export_files import CRATE, export_files
from sim.report.export_rows import _rounded, places_of
from sim.report.results import Run, RunUnreadable, read_run

MAPS = ("geojson", "kml", "czml", "csv")
PLACE = {"type": "array", "minItems": 2, "maxItems": 2,
         "prefixItems": [{"type": "number", "minimum": -180, "maximum": 180}, {"type": "number", "minimum": -90, "maximum": 90}]}
# RFC 7946: sections 3.1.4 (two or more positions), 3.1.6 (a ring has four or more), 3.2, 3.3 and 5 (bbox).
BOX = {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}}
RFC7946 = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object", "required": ["type", "features"],
    "not": {"anyOf": [{"required": [k]} for k in ("geometry", "properties", "coordinates", "crs")]},
    "properties": {
        "type": {"const": "FeatureCollection"}, "bbox": BOX,
        "features": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["type", "geometry", "properties"],
            "properties": {
                "type": {"const": "Feature"}, "id": {"type": ["string", "number"]}, "bbox": BOX,
                "properties": {"type": ["object", "null"]},
                "geometry": {"type": "object", "required": ["type", "coordinates"], "oneOf": [
                    {"properties": {"type": {"const": "LineString"},
                                    "coordinates": {"type": "array", "minItems": 2, "items": PLACE}}},
                    {"properties": {"type": {"const": "Polygon"}, "coordinates": {
                        "type": "array", "minItems": 1, "items": {"type": "array", "minItems": 4, "items": PLACE}}}}]}}}}},
}  # fmt: skip
KML = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture(scope="module")
def run(run_folder: Path) -> Run:
    return read_run(run_folder)


@pytest.fixture(scope="module")
def files(run: Run) -> dict[str, bytes]:
    return export_files(run, MAPS, published="2026-02-01")


def _acts(run: Run, sector: str) -> int:
    rows = pd.read_csv(run.folder / "violations.csv")
    return int(((rows["sector"] == sector) & (rows["counted"] == 1)).sum())


# ---- GeoJSON -------------------------------------------------------------------------------------------


def _valid(whole: Any) -> bool:
    validator = pytest.importorskip("jsonschema", reason="no jsonschema here").Draft202012Validator
    return bool(validator(RFC7946).is_valid(whole))


def test_geojson_keeps_the_rules_of_rfc_7946(files: dict[str, bytes], run: Run) -> None:
    whole = json.loads(files["sectors.geojson"])
    assert _valid(whole)
    assert [f["id"] for f in whole["features"]] == list(run.sectors)
    assert (whole["status"], whole["caveat"]) == ("SIMULATED", CAVEAT)
    for feature in whole["features"]:
        assert feature["properties"]["acts"] == _acts(run, feature["id"])
        if feature["geometry"]["type"] == "Polygon":
            ring = feature["geometry"]["coordinates"][0]
            assert ring[0] == ring[-1]
            area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
            assert area > 0  # section 3.1.6: exterior rings are anticlockwise


def test_the_rules_find_a_bad_geojson(files: dict[str, bytes]) -> None:
    for change in (lambda w: w.update(type="Feature"), lambda w: w.update(crs={}),
                   lambda w: w["features"][0]["geometry"].update(coordinates=[[200.0, 48.0], [36.0, 48.0]]),
                   lambda w: w["features"][0].pop("properties")):  # fmt: skip
        whole = json.loads(files["sectors.geojson"])
        change(whole)
        assert not _valid(whole)


def test_geojson_is_read_by_shapely(files: dict[str, bytes]) -> None:
    shapely = pytest.importorskip("shapely", reason="no shapely here")
    for feature in json.loads(files["sectors.geojson"])["features"]:
        assert shapely.is_valid(shapely.from_geojson(json.dumps(feature["geometry"])))


def test_nothing_is_finer_than_a_sector(files: dict[str, bytes], run: Run) -> None:
    """Every written point is a vertex of the line or an end of a sector, to 0.001 degrees; no act, cell or base is there."""
    allowed = {p for place in places_of(run) for p in place.points}
    drawn = {(round(lon, 3), round(lat, 3)) for lon, lat in run.scenario.area.line}
    ends = {p for place in places_of(run) for p in (place.points[0], place.points[-1])}
    seas = {p for place in places_of(run) if place.is_area for p in place.points}
    assert allowed <= drawn | ends | seas
    for feature in json.loads(files["sectors.geojson"])["features"]:
        shape = feature["geometry"]["coordinates"]
        assert {tuple(p) for p in (shape[0] if feature["geometry"]["type"] == "Polygon" else shape)} <= allowed
    text = b"".join(files.values()).decode()
    acts = pd.read_csv(run.folder / "violations.csv", dtype=str)
    assert not [one for one in acts["violation"].head(50) if one in text]
    assert "km" not in "".join(csv.DictReader(io.StringIO(files["sector-days.csv"].decode())).fieldnames or ())


def test_sectors_meet_where_one_ends(run: Run) -> None:
    line = [p for p in places_of(run) if not p.is_area]
    assert all(a.points[-1] == b.points[0] for a, b in pairwise(line))
    assert _rounded([(36.0001, 48.0), (36.0002, 48.0), (36.5, 48.2)]) == ((36.0, 48.0), (36.5, 48.2))


# ---- KML -----------------------------------------------------------------------------------------------


def test_kml_keeps_the_rules_of_ogc_2_2(files: dict[str, bytes], run: Run) -> None:
    """OGC 07-147r2: root kml, elements of a placemark in order, aabbggrr colours, lon,lat tuples, closed rings, known styles."""
    root = ET.fromstring(files["sectors.kml"])
    assert root.tag == f"{KML}kml"
    assert all(node.tag.startswith(KML) for node in root.iter())
    document = root[0]
    assert (document.tag, document[0].tag, document[1].text) == (f"{KML}Document", f"{KML}name", CAVEAT)
    assert (document[0].text or "").startswith("SIMULATED")
    styles = {node.get("id") for node in document.iter(f"{KML}Style")}
    assert all(re.fullmatch("[0-9a-f]{8}", node.text or "") for node in document.iter(f"{KML}color"))
    marks = list(document.iter(f"{KML}Placemark"))
    assert [mark.get("id") for mark in marks] == [f"sector-{s}" for s in run.sectors]
    order = ["name", "description", "TimeSpan", "styleUrl", "ExtendedData"]
    for mark in marks:
        assert [child.tag.removeprefix(KML) for child in mark][:5] == order
        assert (mark[3].text or "").removeprefix("#") in styles
        data = {d.get("name"): d[0].text for d in mark.iter(f"{KML}Data")}
        assert data["status"] == "SIMULATED"
        assert int(data["acts"] or -1) == _acts(run, str(data["sector"]))
        places = [tuple(map(float, c.split(","))) for c in (next(mark.iter(f"{KML}coordinates")).text or "").split()]
        assert all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in places)
        if mark[5].tag == f"{KML}Polygon":
            assert places[0] == places[-1] and len(places) >= 4
        else:
            assert mark[5].tag == f"{KML}LineString" and len(places) >= 2


# ---- CZML ----------------------------------------------------------------------------------------------


def _instants(interval: str) -> tuple[datetime, datetime]:
    begin, end = (datetime.fromisoformat(part) for part in interval.split("/"))
    return begin, end


def test_czml_keeps_its_rules(files: dict[str, bytes], run: Run) -> None:
    """An array whose first packet is the document with version 1.0; unique ids; triples; intervals that follow one another."""
    packets = json.loads(files["sectors.czml"])
    head = packets[0]
    assert (head["id"], head["version"], head["description"]) == ("document", "1.0", CAVEAT)
    begin, end = _instants(head["clock"]["interval"])
    assert begin == run.scenario.start and (end - begin).total_seconds() == run.scenario.days * 86400
    assert [p["id"] for p in packets[1:]] == [f"sector-{s}" for s in run.sectors]
    for packet in packets[1:]:
        shape = packet.get("polyline") or packet["polygon"]
        assert len(shape["positions"]["cartographicDegrees"]) % 3 == 0
        spans = [_instants(c["interval"]) for c in shape["material"]["solidColor"]["color"]]
        assert spans[0][0] == begin and spans[-1][1] == end
        assert all(a[1] == b[0] for a, b in pairwise(spans))
        assert all(len(c["rgba"]) == 4 and all(0 <= v <= 255 for v in c["rgba"])
                   for c in shape["material"]["solidColor"]["color"])
        assert packet["properties"]["status"] == "SIMULATED"


# ---- tables --------------------------------------------------------------------------------------------


def test_csv_adds_up_to_the_tables_of_the_run(files: dict[str, bytes], run: Run) -> None:
    sectors, days = (pd.read_csv(io.BytesIO(files[f"{n}.csv"])) for n in ("sectors", "sector-days"))
    acts = pd.read_csv(run.folder / "violations.csv")
    acts = acts[acts["counted"] == 1]
    assert set(sectors["status"]) == set(days["status"]) == {"SIMULATED"}
    assert set(sectors["caveat"]) == set(days["caveat"]) == {CAVEAT}
    for side in "AB":
        assert sectors.loc[sectors["side"] == side, "acts"].sum() == (acts["side"] == side).sum()
        assert days.loc[days["side"] == side, "acts"].sum() == (acts["side"] == side).sum()
    mine = acts[(acts["sector"] == "s01") & (acts["side"] == "A")]
    row = sectors[(sectors["sector"] == "s01") & (sectors["side"] == "A")].iloc[0]
    assert row["detected_share"] == pytest.approx(mine["detected_h"].notna().mean(), abs=1e-12)
    assert row["attributed_share"] == pytest.approx((mine["attributed"] == 1).mean(), abs=1e-12)
    assert row["detected_share_low"] < row["detected_share"] < row["detected_share_high"]
    assert row["acts_per_replication"] == pytest.approx(len(mine) / row["replications"])
    today = mine[(mine["onset_h"] >= 48) & (mine["onset_h"] < 72)]
    third = days[(days["sector"] == "s01") & (days["side"] == "A") & (days["day"] == 3)].iloc[0]
    assert third["acts"] == len(today)


def test_parquet_holds_the_same_rows(run: Run, files: dict[str, bytes]) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="no pyarrow here: the extra parquet is not installed")
    made = export_files(run, ("parquet",), published="2026-02-01")
    for name in ("sectors", "sector-days"):
        table = pq.read_table(io.BytesIO(made[f"{name}.parquet"]))
        assert table.schema.metadata[b"status"] == b"SIMULATED" and table.schema.metadata[b"caveat"].decode() == CAVEAT
        text = pd.read_csv(io.BytesIO(files[f"{name}.csv"]))
        pd.testing.assert_frame_equal(table.to_pandas(), text, check_dtype=False)


# ---- crate ---------------------------------------------------------------------------------------------


def test_the_crate_lists_every_file_with_its_digest(files: dict[str, bytes], run: Run) -> None:
    """RO-Crate 1.1: a descriptor about ./, a dated root, and no reference inside the crate that leads nowhere."""
    whole = json.loads(files[CRATE])
    graph = {node["@id"]: node for node in whole["@graph"]}
    assert len(graph) == len(whole["@graph"])
    assert whole["@context"] == "https://w3id.org/ro/crate/1.1/context"
    assert graph[CRATE]["about"] == {"@id": "./"} and graph[CRATE]["conformsTo"]["@id"].endswith("/crate/1.1")
    root = graph["./"]
    assert root["datePublished"] == "2026-02-01" and root["description"] == CAVEAT
    assert [part["@id"] for part in root["hasPart"]] == [name for name in files if name != CRATE]
    for name, data in files.items():
        if name != CRATE:
            assert graph[name]["sha256"] == sha256(data).hexdigest() and graph[name]["contentSize"] == str(len(data))
    assert graph["#run"]["instrument"]["@id"] in graph and run.provenance["run"] in graph["#run"]["name"]


# ---- hostile, empty, twice -----------------------------------------------------------------------------


def test_hostile_names_stay_text(hostile_folder: Path) -> None:
    made = export_files(read_run(hostile_folder), MAPS, published="2026-02-01")
    names = {f["properties"]["name"] for f in json.loads(made["sectors.geojson"])["features"]}
    assert "<script>alert(1)</script>" in names
    assert {m[0].text for m in ET.fromstring(made["sectors.kml"]).iter(f"{KML}Placemark")} == names
    cells = [row["name"] for row in csv.DictReader(io.StringIO(made["sectors.csv"].decode()))]
    assert not [name for name in cells if name.startswith(("=", "+", "-", "@"))]


def test_same_bytes_twice_and_refusals(run: Run, files: dict[str, bytes], tmp_path: Path) -> None:
    assert export_files(run, MAPS, published="2026-02-01") == files
    with pytest.raises(ValueError, match="shapefile: there is no such format"):
        export_files(run, ("shapefile",), published="2026-02-01")
    with pytest.raises(RunUnreadable, match="keeps no rows"):
        export_files(run._replace(folder=tmp_path), MAPS, published="2026-02-01")
