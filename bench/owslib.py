"""The tasks of the benchmark with OWSLib, as its users write them: threads that call one WebProcessingService each.

    python owslib.py URL [--processes N]

Reads lines `TASK CALLERS SECONDS` and answers each with a line of JSON, {"count": ..., "seconds": ..., "cpu": ...},
where `cpu` is the seconds that its processes have computed. With --processes N the callers are shared out over N
processes instead of the threads of one.
"""

import argparse
import json
import logging
import multiprocessing
import sys
import threading
import time

# This file has the name of the package: look for the package elsewhere.
sys.path.pop(0)

from owslib.wps import SYNC, ASYNC, WebProcessingService  # noqa: E402

INPUTS = [("a", "40.5"), ("b", "2"), ("label", "a < b & c")]
OUTPUTS = [("sum", False), ("note", False)]


def check(execution):
    values = {output.identifier: output.data[0] for output in execution.processOutputs}
    if float(values["sum"]) != 42.5 or values["note"] != "a < b & c":
        raise ValueError(values)


def execute(wps):
    check(wps.execute("add", INPUTS, output=OUTPUTS, mode=SYNC))


def job(wps):
    execution = wps.execute("add", INPUTS, output=OUTPUTS, mode=ASYNC)
    while not execution.isComplete():
        execution.checkStatus(sleepSecs=0)
    check(execution)


def describe(wps):
    # A new one each time: a WebProcessingService searches all it has read before for each process it reads.
    processes = WebProcessingService(wps.url, skip_caps=True).describeprocess("all")
    if len(processes) != 500 or len(processes[499].dataInputs) != 10:
        raise ValueError(len(processes))


TASKS = {"execute": execute, "job": job, "describe": describe}


def measure(url, task, callers, seconds):
    run = TASKS[task]
    counts = [0] * callers
    start = time.perf_counter()
    cpu = time.process_time()

    def call(caller):
        wps = WebProcessingService(url, skip_caps=True)
        while time.perf_counter() - start < seconds:
            run(wps)
            counts[caller] += 1

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts), time.perf_counter() - start, time.process_time() - cpu


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    pool = multiprocessing.Pool(options.processes) if options.processes > 1 else None
    print("ready", flush=True)
    for line in sys.stdin:
        task, callers, seconds = line.split()
        callers, seconds = int(callers), float(seconds)
        if pool is None or callers < options.processes:
            results = [measure(options.url, task, callers, seconds)]
        else:
            share = (options.url, task, callers // options.processes, seconds)
            results = pool.starmap(measure, [share] * options.processes)
        count, elapsed, cpu = zip(*results)
        print(json.dumps({"count": sum(count), "seconds": max(elapsed), "cpu": sum(cpu)}), flush=True)


if __name__ == "__main__":
    main()
