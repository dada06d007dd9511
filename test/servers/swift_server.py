"""Runs OpenStack Swift with its S3 interface on loopback, all of it below one folder, until it is terminated.

Usage: swift_server.py FOLDER WATCHED_PID PROXY ACCOUNT CONTAINER OBJECT MEMCACHED
The last five are ports. It writes FOLDER/ready, and ends when the watched process or the folder is gone.
"""

import ctypes
import getpass
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from swift.common.ring import RingBuilder

folder, watched = sys.argv[1], int(sys.argv[2])
proxy, account, container, object_, memcached = (int(port) for port in sys.argv[3:])
etc = os.path.join(folder, "etc")
for name in ("etc", "srv/d1", "log"):
    os.makedirs(os.path.join(folder, name), exist_ok=True)

with open(os.path.join(etc, "swift.conf"), "w") as conf:
    conf.write(
        "[swift-hash]\nswift_hash_path_suffix = suffix\nswift_hash_path_prefix = prefix\n"
        "[storage-policy:0]\nname = gold\ndefault = yes\n"
    )

COMMON = f"""[DEFAULT]
swift_dir = {etc}
bind_ip = 127.0.0.1
workers = 0
user = {getpass.getuser()}
log_level = WARNING
"""
# A listing must show what was just written, however busy the machine is.
PATIENT = "conn_timeout = 30\nnode_timeout = 60\ncontainer_update_timeout = 60\n"
for kind, port in (("account", account), ("container", container), ("object", object_)):
    builder = RingBuilder(4, 1, 0)
    builder.add_dev(
        {"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d1", "weight": 1.0}
    )
    builder.rebalance()
    builder.get_ring().save(os.path.join(etc, f"{kind}.ring.gz"))
    with open(os.path.join(etc, f"{kind}-server.conf"), "w") as conf:
        conf.write(COMMON)
        conf.write(f"bind_port = {port}\ndevices = {folder}/srv\nmount_check = false\n{PATIENT}")
        conf.write(f"[pipeline:main]\npipeline = {kind}-server\n")
        conf.write(f"[app:{kind}-server]\nuse = egg:swift#{kind}\n{PATIENT}")

FILTERS = {
    "catch_errors": "",
    "gatekeeper": "",
    "healthcheck": "",
    "cache": f"memcache_servers = 127.0.0.1:{memcached}\n",
    "listing_formats": "",
    "bulk": "",
    "s3api": "s3_acl = false\nlocation = us-east-1\nstorage_domain = s3.localhost\nmin_segment_size = 1\n",
    "tempauth": "user_test_tester = testing .admin\nuser_test_second = t0p-s3cret/+x .admin\n",
    "slo": "minimum_segment_size = 1\n",
    "dlo": "",
}
with open(os.path.join(etc, "proxy-server.conf"), "w") as conf:
    conf.write(COMMON)
    conf.write(f"bind_port = {proxy}\n[pipeline:main]\npipeline = {' '.join(FILTERS)} proxy-server\n")
    conf.write(f"[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n{PATIENT}")
    # Else servers that were slow to start count as broken for a minute.
    conf.write("error_suppression_interval = 0\nerror_suppression_limit = 1000000\n")
    for name, lines in FILTERS.items():
        egg = "memcache" if name == "cache" else name
        conf.write(f"[filter:{name}]\nuse = egg:swift#{egg}\n{lines}")


def end_with_parent():
    """The servers leave the process group, so they are told by the kernel."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def start(command, name):
    log = open(os.path.join(folder, "log", name), "w")
    return subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=end_with_parent)


children = [
    start(["memcached", "-u", getpass.getuser(), "-l", "127.0.0.1", "-p", str(memcached), "-m", "16"], "memcached")
]
for kind in ("account", "container", "object", "proxy"):
    children.append(start([f"swift-{kind}-server", os.path.join(etc, f"{kind}-server.conf")], kind))


def stop(*_):
    for child in children:
        child.terminate()
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return True
    except OSError:
        return False


def is_up():
    if not all(is_listening(port) for port in (memcached, account, container, object_, proxy)):
        return False
    try:
        # Makes the account, which asks all of the servers but one.
        request = urllib.request.Request(
            f"http://127.0.0.1:{proxy}/auth/v1.0",
            headers={"X-Auth-User": "test:tester", "X-Auth-Key": "testing"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            token = answer.headers["X-Auth-Token"]
        request = urllib.request.Request(
            f"http://127.0.0.1:{proxy}/v1/AUTH_test/ready/ready",
            data=b"1",
            method="PUT",
            headers={"X-Auth-Token": token},
        )
        urllib.request.urlopen(
            urllib.request.Request(
                f"http://127.0.0.1:{proxy}/v1/AUTH_test/ready", method="PUT", headers={"X-Auth-Token": token}
            ),
            timeout=30,
        ).close()
        urllib.request.urlopen(request, timeout=30).close()
        return True
    except (OSError, http.client.HTTPException) as error:
        print(error, file=sys.stderr, flush=True)
        return False


def is_wanted():
    try:
        os.kill(watched, 0)
    except ProcessLookupError:
        return False
    return os.path.isdir(folder)


ready = False
while is_wanted() and all(child.poll() is None for child in children):
    if not ready and is_up():
        ready = True
        open(os.path.join(folder, "ready"), "w").close()
    time.sleep(1 if ready else 0.1)
stop()
