"""A finished run as files for other tools: GeoJSON, KML, CZML, CSV and Parquet at sector level, with an RO-Crate.

A mediator opens them in a map, a globe, a spreadsheet or a notebook; each says SIMULATED and carries the caveat.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any, NamedTuple

from matplotlib import colormaps

from sim.experiment.findings import CAVEAT
from sim.experiment.tables import STATUS, csv_bytes
from sim.report.export_rows import DAY_HEADER, SECTOR_HEADER, Place, Row, acts_of, day_rows, places_of, sector_rows
from sim.report.results import Run

FORMATS = ("geojson", "kml", "czml", "csv", "parquet")
MEDIA = {"geojson": "application/geo+json", "kml": "application/vnd.google-earth.kml+xml", "czml": "application/json",
         "csv": "text/csv", "parquet": "application/vnd.apache.parquet"}  # fmt: skip
CRATE = "ro-crate-metadata.json"
_KML = "http://www.opengis.net/kml/2.2"
_GREY = (128, 128, 128, 255)


class Told(NamedTuple):
    """Everything that the files of an export are made from."""

    run: Run
    places: tuple[Place, ...]
    sectors: list[Row]
    days: list[Row]

    @property
    def title(self) -> str:
        """Title of the scenario, marked as simulated."""
        return f"{STATUS}: {self.run.scenario.title or self.run.scenario.name}"


def told(run: Run) -> Told:
    """Count what a run's tables keep; raises RunUnreadable where they keep nothing."""
    acts = acts_of(run)
    return Told(run, places_of(run), sector_rows(run, acts, CAVEAT), day_rows(run, acts, CAVEAT))


def export_files(run: Run, formats: Sequence[str], *, published: str) -> dict[str, bytes]:
    """Files of an export by name, `ro-crate-metadata.json` last.

    Parameters
    ----------
    run : a finished run
    formats : some of `FORMATS`
    published : date, ISO 8601, that the crate states

    Raises
    ------
    ValueError naming a format that there is not; RunUnreadable where the run keeps no rows; ImportError where Parquet is
    asked for without pyarrow.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise ValueError(f"{unknown[0]}: there is no such format, only {', '.join(FORMATS)}")
    one = told(run)
    makers = {"geojson": geojson, "kml": kml, "czml": czml}
    files: dict[str, bytes] = {}
    for name in formats:
        if name in makers:
            files[f"sectors.{name}"] = makers[name](one)
        else:
            table = csv_table if name == "csv" else parquet_table
            files[f"sectors.{name}"] = table(SECTOR_HEADER, one.sectors)
            files[f"sector-days.{name}"] = table(DAY_HEADER, one.days)
    return {**files, CRATE: crate(one, files, published=published)}


def _json(whole: Any) -> bytes:
    return (json.dumps(whole, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def _both(one: Told) -> dict[str, Row]:
    return {row["sector"]: row for row in one.sectors if row["side"] == "both"}


def _properties(one: Told, place: Place) -> Row:
    """Figures of a place for both sides, then those of each side with its letter at the end."""
    mine = [row for row in one.sectors if row["sector"] == place.id]
    skipped = {"sector", "name", "side", "from_km", "to_km", "replications", "status", "caveat"}
    whole = {k: v for k, v in mine[0].items() if k != "side"}
    for row in mine[1:]:
        whole |= {f"{k}_side_{row['side'].lower()}": v for k, v in row.items() if k not in skipped}
    return whole


# ---- maps ------------------------------------------------------------------------------------------------------


def geojson(one: Told) -> bytes:
    """RFC 7946: WGS84 longitude and latitude, right-hand rule for areas; status and caveat as foreign members too."""
    features = [{"type": "Feature", "id": place.id, "bbox": _box([place]), "properties": _properties(one, place),
                 "geometry": {"type": "Polygon" if place.is_area else "LineString",
                              "coordinates": [place.points] if place.is_area else place.points}}
                for place in one.places]  # fmt: skip
    head = {"type": "FeatureCollection", "name": one.title, "status": STATUS, "caveat": CAVEAT, "bbox": _box(one.places)}
    return _json({**head, "features": features})


def _box(places: Sequence[Place]) -> list[float]:
    lons, lats = zip(*(point for place in places for point in place.points), strict=True)
    return [min(lons), min(lats), max(lons), max(lats)]


def _colour(row: Row) -> tuple[int, int, int, int]:
    """Red, green, blue and opacity by the share of acts that is noticed; grey where there was none."""
    if row["detected_share"] is None:
        return _GREY
    red, green, blue, _ = colormaps["viridis"](row["detected_share"], bytes=True)
    return int(red), int(green), int(blue), 255


def _told_of(row: Row) -> str:
    """One sentence on a place, with n and interval."""
    if row["detected_share"] is None:
        return f"{STATUS}. No counted act in {row['replications']} replications."
    low, high = row["detected_share_low"], row["detected_share_high"]
    noise = "no noise interval from one replication" if low is None else f"simulation noise {low:.1%} to {high:.1%}"
    return (f"{STATUS}. Of {row['acts']} counted acts in {row['replications']} replications, {row['detected_share']:.1%} "
            f"were noticed ({noise}).")


def kml(one: Told) -> bytes:
    """OGC KML 2.2: a placemark a sector, its colour the share noticed, its figures as extended data."""
    ET.register_namespace("", _KML)
    root = ET.Element(f"{{{_KML}}}kml")
    document = _put(root, "Document")
    _put(document, "name", one.title)
    _put(document, "description", CAVEAT)
    both = _both(one)
    for place in one.places:
        style = _put(document, "Style")
        style.set("id", f"style-{place.id}")
        red, green, blue, opacity = _colour(both[place.id])
        for kind in ("LineStyle", "PolyStyle"):
            shade = _put(style, kind)
            _put(shade, "color", f"{opacity if kind == 'LineStyle' else 160:02x}{blue:02x}{green:02x}{red:02x}")
            if kind == "LineStyle":
                _put(shade, "width", "5")
    for place in one.places:
        _placemark(document, one, place, _told_of(both[place.id]))
    ET.indent(root, " ")
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _put(above: ET.Element, tag: str, text: str = "") -> ET.Element:
    found = ET.SubElement(above, f"{{{_KML}}}{tag}")
    found.text = "".join(c if c >= " " or c in "\t\n" else "\ufffd" for c in text) or None
    return found


def _placemark(document: ET.Element, one: Told, place: Place, text: str) -> None:
    """Children in the order that the schema asks for: name, description, time, style, data, geometry."""
    mark = _put(document, "Placemark")
    mark.set("id", f"sector-{place.id}")
    _put(mark, "name", place.name)
    _put(mark, "description", text)
    span, (begin, end) = _put(mark, "TimeSpan"), _span(one)
    _put(span, "begin", begin)
    _put(span, "end", end)
    _put(mark, "styleUrl", f"#style-{place.id}")
    data = _put(mark, "ExtendedData")
    for name, value in _properties(one, place).items():
        if value is not None:
            entry = _put(data, "Data")
            entry.set("name", name)
            _put(entry, "value", str(value))
    shape = _put(mark, "Polygon" if place.is_area else "LineString")
    _put(shape, "tessellate", "1")
    inner = _put(_put(shape, "outerBoundaryIs"), "LinearRing") if place.is_area else shape
    _put(inner, "coordinates", " ".join(f"{lon},{lat}" for lon, lat in place.points))


def _hour(one: Told, day: float) -> str:
    """Instant at which a day of the run begins, counted from 0, in UTC."""
    return (one.run.scenario.start + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _span(one: Told) -> tuple[str, str]:
    return _hour(one, 0), _hour(one, one.run.scenario.days)


def czml(one: Told) -> bytes:
    """CZML 1.0 (a JSON array of packets): each sector's colour is the share noticed of the acts of each day."""
    begin, end = _span(one)
    clock = {"interval": f"{begin}/{end}", "currentTime": begin, "multiplier": 21600, "range": "LOOP_STOP"}
    head = {"id": "document", "name": one.title, "version": "1.0", "description": CAVEAT, "clock": clock,
            "properties": {"status": STATUS, "caveat": CAVEAT}}  # fmt: skip
    return _json([head, *(_packet(one, place) for place in one.places)])


def _packet(one: Told, place: Place) -> dict[str, Any]:
    flat = [value for lon, lat in place.points for value in (lon, lat, 0)]
    days = [row for row in one.days if row["sector"] == place.id and row["side"] == "both"]
    last = one.run.scenario.days
    shade = [{"interval": f"{_hour(one, row['day'] - 1)}/{_hour(one, min(row['day'], last))}", "rgba": list(_colour(row))}
             for row in days]  # fmt: skip
    where = {"positions": {"cartographicDegrees": flat}, "material": {"solidColor": {"color": shade}}}
    shape = {"polygon": {**where, "height": 0}} if place.is_area else {"polyline": {**where, "width": 6, "clampToGround": True}}
    figures = {k: v for k, v in _properties(one, place).items() if v is not None}
    return {"id": f"sector-{place.id}", "name": place.name, "description": _told_of(_both(one)[place.id]),
            "availability": "/".join(_span(one)), "properties": figures, **shape}  # fmt: skip


# ---- tables ----------------------------------------------------------------------------------------------------


def csv_table(header: Sequence[str], rows: Sequence[Row]) -> bytes:
    """CSV whose every row ends with status and caveat."""
    return csv_bytes(header, ([row[name] for name in header] for row in rows))


def parquet_table(header: Sequence[str], rows: Sequence[Row]) -> bytes:
    """Parquet with typed columns; status and caveat as columns and in the metadata of the schema."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    words, whole = {"sector", "name", "side", "status", "caveat"}, {"day", "replications", "acts"}
    kinds = [pa.string() if n in words else pa.int64() if n in whole else pa.float64() for n in header]
    schema = pa.schema(list(zip(header, kinds, strict=True)), metadata={"status": STATUS, "caveat": CAVEAT})
    table = pa.table({n: [row[n] for row in rows] for n in header}, schema=schema)
    into = BytesIO()
    pq.write_table(table, into, compression="zstd")
    found: bytes = into.getvalue()
    return found


# ---- RO-Crate --------------------------------------------------------------------------------------------------


def crate(one: Told, files: Mapping[str, bytes], *, published: str) -> bytes:
    """RO-Crate 1.1: what each file is, its size and digest, and the run that it was made from."""
    from hashlib import sha256

    known, name = one.run.provenance, one.run.scenario.name
    listed = [{"@id": file, "@type": "File", "name": f"{STATUS}: {file}", "description": CAVEAT,
               "encodingFormat": MEDIA[file.rpartition(".")[2]], "contentSize": str(len(data)),
               "sha256": sha256(data).hexdigest()} for file, data in files.items()]  # fmt: skip
    parts = [{"@id": file} for file in files]
    made = {"@id": "#run", "@type": "CreateAction", "name": f"Run {known.get('run', 'unnamed')} of scenario {name}",
            "description": f"Root seed {known.get('seed', 'unknown')}, {one.sectors[0]['replications']} replications in the "
                           f"tables, code {known.get('code', 'unknown')}.",
            "instrument": {"@id": "#ceasefire-sim"}, "result": parts}  # fmt: skip
    program = {"@id": "#ceasefire-sim", "@type": "SoftwareApplication", "name": "ceasefire-sim",
               "version": str(known.get("versions", {}).get("ceasefire-sim", "unknown"))}  # fmt: skip
    root = {"@id": "./", "@type": "Dataset", "name": one.title, "description": CAVEAT, "datePublished": published,
            "identifier": str(known.get("run", name)), "creativeWorkStatus": STATUS, "hasPart": parts,
            "license": "As whoever made the run decides; the program is under Apache-2.0.",
            "mentions": {"@id": "#run"}}  # fmt: skip
    about = {"@id": CRATE, "@type": "CreativeWork", "about": {"@id": "./"},
             "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"}}  # fmt: skip
    graph = [about, root, *listed, made, program]
    return _json({"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph})


__all__ = ["CRATE", "FORMATS", "Told", "crate", "czml", "export_files", "geojson", "kml", "told"]
