"""A PyWPS server on loopback with a process for every kind of input, output and ending.

    python app.py --work DIR [--port N] [--until-eof]

Port 0 (the default) takes a free one. When the server accepts connections it prints one line, `ready URL`, and
nothing else: everything that follows goes to DIR/pywps.log. With --until-eof it ends, and its jobs with it, when its
standard input does: whoever started it may die without a word.

    URL              the WPS endpoint
    URL + "/torn"    the same, but its jobs have status documents that are empty or cut short on two reads of three
    /outputs/        status documents and outputs by reference, from the same port
"""

import argparse
import hashlib
import json
import logging
import os
import signal
import sqlite3
import sys
import threading
import time
from decimal import Decimal
from itertools import count
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from pywps import (
    BoundingBoxInput,
    BoundingBoxOutput,
    ComplexInput,
    ComplexOutput,
    Format,
    LiteralInput,
    LiteralOutput,
    Process,
    Service,
    configuration,
)
from pywps.app.Common import Metadata
from pywps.app.exceptions import ProcessError
from pywps.inout.basic import UOM
from pywps.inout.literaltypes import AllowedValue, AnyValue, ValuesReference, register_convert_type
from pywps.response.status import WPS_STATUS
from pywps.validator.allowed_value import RANGECLOSURETYPE

# PyWPS has no converter for these two, which other servers use every day.
register_convert_type("double")(float)
register_convert_type("decimal")(Decimal)

JSON = Format("application/json", extension=".json")
GEOJSON = Format("application/vnd.geo+json", extension=".geojson")
XML = Format("text/xml", extension=".xml")
TEXT = Format("text/plain", extension=".txt")
CSV = Format("text/csv", extension=".csv")
NETCDF = Format("application/x-netcdf", extension=".nc", encoding="base64")
BYTES = Format("application/octet-stream", extension=".bin", encoding="base64")

XSD = "http://www.w3.org/TR/xmlschema-2/#"
ASYNC = {"store_supported": True, "status_supported": True}
SYNC = {"store_supported": False, "status_supported": False}


def first(request, name, otherwise=None):
    values = request.inputs.get(name)
    return values[0].data if values else otherwise


def pattern(size):
    """`size` bytes that are the same each time and hold every byte value."""
    block = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(256))
    return (block * (size // len(block) + 1))[:size]


# The way XML Schema writes each type. PyWPS writes Python's `str` of the value: "True", "2021-02-03 04:05:06+00:00",
# "ParseResult(scheme=...)".
WRITTEN = {
    "string": str,
    "boolean": lambda v: "true" if v else "false",
    "integer": str,
    "nonNegativeInteger": str,
    "positiveInteger": str,
    "float": repr,
    "double": repr,
    "decimal": str,
    "scale": repr,
    "angle": repr,
    "dateTime": lambda v: v.isoformat(),
    "date": lambda v: v.isoformat(),
    "time": lambda v: v.isoformat(),
    "anyURI": lambda v: v.geturl(),
}


class LexicalOutput(LiteralOutput):
    """A literal output that is written as XML Schema has it."""

    @property
    def json(self):
        data = super().json
        data["data"] = "" if self.data is None else WRITTEN[self.data_type](self.data)
        return data


class Literals(Process):
    """Each literal type, once; what was not sent comes back empty ("None" from plain PyWPS outputs)."""

    def __init__(self, identifier, output):
        super().__init__(
            self._handler,
            identifier=identifier,
            title="One literal of each type",
            abstract="Gives each literal back",
            version="1.0",
            metadata=[Metadata("literals", "http://example.org/literals", type_="simple")],
            inputs=[LiteralInput(name, name, data_type=name, min_occurs=0) for name in WRITTEN],
            outputs=[output(name, name, data_type=name) for name in WRITTEN],
            **ASYNC,
        )

    def _handler(self, request, response):
        for name in WRITTEN:
            value = first(request, name)
            if value is not None:
                response.outputs[name].data = WRITTEN[name](value) if name == "anyURI" else value
        return response


class Constrained(Process):
    """Units, allowed values, ranges of every closure, defaults, occurrences."""

    def __init__(self):
        def ranged(name, closure, spacing=None):
            allowed = AllowedValue(minval=1, maxval=10, spacing=spacing, range_closure=closure)
            return LiteralInput(name, name, data_type="integer", allowed_values=[allowed], min_occurs=0)

        super().__init__(
            self._handler,
            identifier="constrained",
            title="Literals with rules",
            version="1.0",
            inputs=[
                LiteralInput("colour", "One of three", data_type="string", allowed_values=["red", "green", "blue"]),
                LiteralInput(
                    "length",
                    "A length",
                    data_type="double",
                    uoms=[UOM("metre", "urn:ogc:def:uom:OGC:1.0:metre"), UOM("feet", "urn:ogc:def:uom:OGC:1.0:feet")],
                    min_occurs=0,
                    default=1.5,
                ),
                ranged("closed", RANGECLOSURETYPE.CLOSED),
                ranged("open", RANGECLOSURETYPE.OPEN),
                ranged("openClosed", RANGECLOSURETYPE.OPENCLOSED),
                ranged("closedOpen", RANGECLOSURETYPE.CLOSEDOPEN),
                ranged("spaced", RANGECLOSURETYPE.CLOSED, spacing=3),
                LiteralInput(
                    "either",
                    "A value or a range",
                    data_type="integer",
                    allowed_values=[0, AllowedValue(minval=10, maxval=20)],
                    min_occurs=0,
                ),
                LiteralInput("free", "Any value", data_type="string", allowed_values=[AnyValue()], min_occurs=0),
                LiteralInput(
                    "listed",
                    "A value of a list elsewhere",
                    data_type="string",
                    allowed_values=[ValuesReference(reference="http://example.org/values", values_form="text/plain")],
                    min_occurs=0,
                ),
                LiteralInput("tag", "One to three words", data_type="string", min_occurs=1, max_occurs=3),
            ],
            outputs=[
                LiteralOutput("colour", "The colour", data_type="string"),
                LiteralOutput("length", "The length", data_type="double", uoms=[UOM("metre", "urn:ogc:def:uom:OGC:1.0:metre")]),
                LiteralOutput("unit", "The unit that was sent", data_type="string"),
                LiteralOutput("tags", "The words, with commas between", data_type="string"),
                LiteralOutput("numbers", "The numbers that were sent", data_type="string"),
            ],
            **ASYNC,
        )

    def _handler(self, request, response):
        length = request.inputs["length"][0]
        unit = length.uom
        response.outputs["colour"].data = first(request, "colour")
        response.outputs["length"].data = length.data
        response.outputs["length"].uom = response.outputs["length"].uoms[0]
        response.outputs["unit"].data = str(getattr(unit, "uom", unit))
        response.outputs["tags"].data = ",".join(tag.data for tag in request.inputs["tag"])
        names = ["closed", "open", "openClosed", "closedOpen", "spaced", "either"]
        sent = {name: first(request, name) for name in names}
        response.outputs["numbers"].data = ",".join("%s:%s" % it for it in sent.items() if it[1] is not None)
        return response


class Complex(Process):
    """One document in, the same document out.

    PyWPS puts JSON into its answer as it is: with "<" or "&" in it the answer is not well-formed.
    """

    def __init__(self, identifier, *formats):
        super().__init__(
            self._handler,
            identifier=identifier,
            title="Echo of %s" % ", ".join(f.mime_type for f in formats),
            version="1.0",
            inputs=[ComplexInput("data", "A document", supported_formats=list(formats))],
            outputs=[
                ComplexOutput("data", "The same document", supported_formats=list(formats)),
                LiteralOutput("size", "Its size in bytes", data_type="integer"),
            ],
            **ASYNC,
        )

    def _handler(self, request, response):
        given = request.inputs["data"][0]
        output = response.outputs["data"]
        data = given.data
        output.data_format = given.data_format
        output.data = data
        response.outputs["size"].data = len(data if isinstance(data, bytes) else str(data).encode())
        return response


class Box(Process):
    def __init__(self):
        crss = ["epsg:4326", "epsg:3857"]
        super().__init__(
            self._handler,
            identifier="bbox",
            title="Echo of a bounding box",
            version="1.0",
            inputs=[BoundingBoxInput("box", "A box", crss=crss)],
            outputs=[
                BoundingBoxOutput("box", "The same box", crss=crss),
                LiteralOutput("seen", "What the process saw", data_type="string"),
            ],
            **ASYNC,
        )

    def _handler(self, request, response):
        box = request.inputs["box"][0]
        response.outputs["box"].data = box.data
        response.outputs["box"].crs = box.crs
        response.outputs["seen"].data = json.dumps(box.data)
        return response


class Multi(Process):
    """Outputs of every kind in one answer."""

    def __init__(self):
        super().__init__(
            self._handler,
            identifier="multi",
            title="Every kind of output",
            version="1.0",
            inputs=[LiteralInput("n", "A number", data_type="integer", min_occurs=0, default=3)],
            outputs=[
                LiteralOutput("square", "n squared", data_type="integer"),
                ComplexOutput("json", "The first n numbers", supported_formats=[JSON]),
                ComplexOutput("xml", "The first n numbers", supported_formats=[XML]),
                ComplexOutput("text", "The first n numbers", supported_formats=[TEXT]),
                ComplexOutput("csv", "The first n numbers", supported_formats=[CSV]),
                ComplexOutput("netcdf", "n bytes after the magic number", supported_formats=[NETCDF]),
                BoundingBoxOutput("box", "A box n wide", crss=["epsg:3857"]),
            ],
            **ASYNC,
        )

    def _handler(self, request, response):
        n = first(request, "n")
        numbers = list(range(n))
        outputs = response.outputs
        outputs["square"].data = n * n
        outputs["json"].data = json.dumps(numbers)
        outputs["xml"].data = "<n:numbers xmlns:n='http://example.org/n'>%s</n:numbers>" % "".join(
            "<n:n>%d</n:n>" % x for x in numbers
        )
        outputs["text"].data = "\n".join(map(str, numbers)) + " <&> ünïcödé"
        outputs["csv"].data = "n,square\r\n" + "".join("%d,%d\r\n" % (x, x * x) for x in numbers)
        outputs["netcdf"].data = b"CDF\x01" + pattern(n)
        outputs["box"].data = [0, 0, n, 1]
        outputs["box"].crs = "epsg:3857"
        return response


class Stored(Process):
    """Outputs by reference: text, and `size` bytes."""

    def __init__(self):
        super().__init__(
            self._handler,
            identifier="stored",
            title="Outputs by reference",
            version="1.0",
            inputs=[LiteralInput("size", "How many bytes", data_type="integer", min_occurs=0, default=1000)],
            outputs=[
                ComplexOutput("text", "A text", supported_formats=[TEXT], as_reference=True),
                ComplexOutput("bytes", "Bytes", supported_formats=[BYTES], as_reference=True),
            ],
            **ASYNC,
        )

    def _handler(self, request, response):
        for name, data in (("text", b"stored <&> text"), ("bytes", pattern(first(request, "size")))):
            output = response.outputs[name]
            path = os.path.join(self.workdir, name + output.data_format.extension)
            with open(path, "wb") as file:
                file.write(data)
            output.file = path
        return response


class Bytes(Process):
    """`size` bytes: base64 in a document, or bare as a raw output."""

    def __init__(self):
        super().__init__(
            self._handler,
            identifier="bytes",
            title="Bytes",
            version="1.0",
            inputs=[LiteralInput("size", "How many bytes", data_type="integer", min_occurs=0, default=1000)],
            outputs=[ComplexOutput("bytes", "Bytes", supported_formats=[BYTES])],
            **ASYNC,
        )

    def _handler(self, request, response):
        response.outputs["bytes"].data = pattern(first(request, "size"))
        return response


class Wait(Process):
    """Takes a while and says how far it is; can pause on the way."""

    def __init__(self, identifier="wait", **supports):
        super().__init__(
            self._handler,
            identifier=identifier,
            title="Takes a while",
            version="1.0",
            inputs=[
                LiteralInput("seconds", "How long", data_type="double", min_occurs=0, default=1),
                LiteralInput("steps", "In how many steps", data_type="integer", min_occurs=0, default=4),
                LiteralInput("pause", "Pause in the middle", data_type="boolean", min_occurs=0, default=False),
            ],
            outputs=[LiteralOutput("steps", "How many steps were made", data_type="integer")],
            **supports,
        )

    def _handler(self, request, response):
        seconds, steps = first(request, "seconds"), first(request, "steps")
        for step in range(steps):
            message, percent = "step %d of %d" % (step + 1, steps), 100 * step // steps
            if first(request, "pause") and step == steps // 2:
                response._update_status(WPS_STATUS.PAUSED, "paused", percent, False)
            else:
                response._update_status(WPS_STATUS.STARTED, message, percent, False)
            time.sleep(seconds / steps)
        response.outputs["steps"].data = steps
        return response


class Fail(Process):
    """Ends badly: `how` is "process" (a message for the caller), "error" (none) or "crash" (it never ends)."""

    def __init__(self):
        super().__init__(
            self._handler,
            identifier="fail",
            title="Fails",
            version="1.0",
            inputs=[
                LiteralInput("how", "In which way", data_type="string", allowed_values=["process", "error", "crash"]),
                LiteralInput("seconds", "After how long", data_type="double", min_occurs=0, default=0),
            ],
            outputs=[LiteralOutput("never", "Never given", data_type="string")],
            **ASYNC,
        )

    def _handler(self, request, response):
        how = first(request, "how")
        response.update_status("about to fail", 50)
        time.sleep(first(request, "seconds"))
        if how == "process":
            raise ProcessError("told to fail")
        if how == "crash":
            os._exit(1)
        raise RuntimeError("a secret of the server")


PROCESSES = [
    Literals("literals", LexicalOutput),
    Literals("pythonLiterals", LiteralOutput),
    Constrained(),
    Complex("json", JSON),
    Complex("geojson", GEOJSON),
    Complex("xml", XML),
    Complex("text", TEXT),
    Complex("csv", CSV),
    Complex("binary", BYTES),
    Complex("any", XML, JSON, TEXT, CSV, BYTES),
    Box(),
    Multi(),
    Stored(),
    Bytes(),
    Wait("wait", **ASYNC),
    Wait("syncOnly", **SYNC),
    Fail(),
]


def configure(work, base):
    server = {
        "url": base + "/wps",
        "outputurl": base + "/outputs",
        "outputpath": os.path.join(work, "outputs"),
        "workdir": os.path.join(work, "work"),
        "maxsingleinputsize": "20mb",
        "maxrequestsize": "20mb",
        "parallelprocesses": "8",
        "maxprocesses": "20",
    }
    for path in (server["outputpath"], server["workdir"]):
        os.makedirs(path, exist_ok=True)
    for key, value in server.items():
        configuration.CONFIG.set("server", key, value)

    # Jobs are processes of their own that all write to this file: write-ahead logging and a long timeout keep
    # SQLite from answering "database is locked".
    database = os.path.join(work, "log.sqlite")
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    configuration.CONFIG.set("logging", "database", "sqlite:///%s?timeout=60" % database)
    configuration.CONFIG.set("logging", "file", os.path.join(work, "pywps.log"))
    configuration.CONFIG.set("logging", "level", "WARNING")


class App:
    TYPES = {".xml": "application/xml", ".json": "application/json", ".txt": "text/plain; charset=utf-8", ".nc": "application/x-netcdf"}

    def __init__(self, service, outputs):
        self.service = service
        self.outputs = outputs
        self.turn = threading.Lock()
        self.reads = count()

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if path == "/wps":
            return self.wps(environ, start_response)
        if path == "/wps/torn":
            return self.torn_wps(environ, start_response)
        if path.startswith("/outputs/"):
            return self.file(path.removeprefix("/outputs/"), start_response)
        if path.startswith("/torn/outputs/"):
            body = b"".join(self.file(path.removeprefix("/torn/outputs/"), start_response))
            cut = (0, len(body) // 2, len(body))[next(self.reads) % 3]
            return [body[:cut]]
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"not found"]

    def wps(self, environ, start_response):
        # One request at a time: an asynchronous Execute forks, and a fork while another thread holds one of
        # Python's or SQLAlchemy's locks leaves a job that hangs for ever.
        with self.turn:
            return list(self.service(environ, start_response))

    def torn_wps(self, environ, start_response):
        def start(status, headers):
            start_response(status, [header for header in headers if header[0].lower() != "content-length"])

        body = b"".join(self.wps(environ, start))
        return [body.replace(b"/outputs/", b"/torn/outputs/")]

    def file(self, name, start_response):
        path = os.path.normpath(os.path.join(self.outputs, name))
        if not path.startswith(self.outputs + os.sep) or not os.path.isfile(path):
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"not found"]
        kind = self.TYPES.get(os.path.splitext(path)[1], "application/octet-stream")
        with open(path, "rb") as file:
            body = file.read()
        start_response("200 OK", [("Content-Type", kind)])
        return [body]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Handler(WSGIRequestHandler):
    def log_message(self, format, *args):
        logging.getLogger("PYWPS").info(format, *args)


def end_with_input():
    # Not sys.stdin.read: it holds a lock that a forked job, which closes its sys.stdin, would wait for in vain.
    while os.read(0, 4096):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True, help="folder for outputs, work files and logs")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--until-eof", action="store_true", help="end the process group at the end of standard input")
    options = parser.parse_args()
    work = os.path.realpath(options.work)

    server = make_server("127.0.0.1", options.port, None, server_class=Server, handler_class=Handler)
    base = "http://127.0.0.1:%d" % server.server_port
    service = Service(PROCESSES)
    configure(work, base)
    server.set_app(App(service, os.path.join(work, "outputs")))

    print("ready %s/wps" % base, flush=True)
    log = os.open(os.path.join(work, "pywps.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    if options.until_eof:
        threading.Thread(target=end_with_input, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
