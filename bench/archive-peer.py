"""Python's zipfile over ranges: python3 bench/archive-peer.py list|read|local ADDRESS [MEMBER]"""

import http.client, io, json, re, sys, time, urllib.parse, zipfile

what, address = sys.argv[1], sys.argv[2]


class Ranges(io.RawIOBase):
    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.line, self.path, self.at = http.client.HTTPConnection(parts.netloc), parts.path, 0
        self.line.request("HEAD", self.path)
        answer = self.line.getresponse()
        answer.read()
        self.size = int(answer.headers["content-length"])

    def seekable(self):
        return True

    def readable(self):
        return True

    def seek(self, offset, whence=0):
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def tell(self):
        return self.at

    def readinto(self, buffer):
        end = min(self.size, self.at + len(buffer))
        if end <= self.at:
            return 0
        self.line.request("GET", self.path, headers={"Range": f"bytes={self.at}-{end - 1}"})
        data = self.line.getresponse().read()
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)


start = time.perf_counter()
source = address if what == "local" else io.BufferedReader(Ranges(address), 1 << 20 if what == "read" else 1 << 16)
archive = zipfile.ZipFile(source)
count = len(archive.infolist())
if what == "read":
    with archive.open(sys.argv[3]) as member:
        while member.read(1 << 18):
            pass
print(json.dumps({"ms": 1000 * (time.perf_counter() - start), "members": count, "peakMiB": int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1]) / 1024}))
