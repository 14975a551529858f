"""Emu, the demonstration service of birdhouse, on loopback.

    python serve.py --work DIR --port N

    http://127.0.0.1:N/wps        the WPS endpoint
    http://127.0.0.1:N/outputs/   status documents and outputs by reference

Its files, its database and its log (DIR/pywps.log) are in DIR. It ends when it is killed.
"""

import argparse
import os
import sqlite3
import threading

from werkzeug.middleware.shared_data import SharedDataMiddleware
from werkzeug.serving import run_simple


def configure(work, origin):
    from pywps import configuration

    server = {
        "url": origin + "/wps",
        "outputurl": origin + "/outputs",
        "outputpath": os.path.join(work, "outputs"),
        "workdir": os.path.join(work, "work"),
    }
    for name in ("outputpath", "workdir"):
        os.makedirs(server[name], exist_ok=True)
    for name, value in server.items():
        configuration.CONFIG.set("server", name, value)

    # Jobs are processes of their own that all write to this file: write-ahead logging and a long timeout keep
    # SQLite from answering "database is locked".
    database = os.path.join(work, "log.sqlite")
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    configuration.CONFIG.set("logging", "database", "sqlite:///%s?timeout=60" % database)
    return server["outputpath"]


def in_turn(service):
    """One request at a time.

    An asynchronous Execute forks. A fork while another thread holds a lock, of Python or of the database, leaves a job
    that hangs for ever. So no process can call the endpoint itself; outputs are served beside it.
    """
    turn = threading.Lock()

    def answer(environ, start_response):
        with turn:
            return list(service(environ, start_response))

    return answer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True, help="folder for outputs, work files and logs")
    parser.add_argument("--port", required=True, type=int, help="port on 127.0.0.1")
    options = parser.parse_args()
    work = os.path.realpath(options.work)

    # Emu opens its log where it is when it is imported.
    os.chdir(work)
    from emu import application

    outputs = configure(work, "http://127.0.0.1:%d" % options.port)
    app = SharedDataMiddleware(in_turn(application), {"/outputs": outputs}, cache=False)
    run_simple("127.0.0.1", options.port, app, threaded=True)


if __name__ == "__main__":
    main()
