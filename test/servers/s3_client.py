"""Asks a loopback S3 by botocore and prints what it says as JSON: s3_client.py ENDPOINT KEY_ID SECRET TOKEN"""

import json
import sys

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, key_id, secret, token = sys.argv[1:]


def client(key_id=key_id, secret=secret, token=token, region="us-east-1", **config):
    return botocore.session.Session().create_client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        aws_session_token=token or None,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, **config),
    )


def code(call):
    try:
        call()
        return None
    except ClientError as error:
        return error.response["Error"]["Code"]


s3 = client()
pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="sims"))
get = lambda key, **more: s3.get_object(Bucket="sims", Key=key, **more)
objects = [entry for page in pages for entry in page.get("Contents", [])]
bodies = {entry["Key"]: get(entry["Key"])["Body"].read().decode() for entry in objects}
first = objects[0]
ranged = get(first["Key"], Range="bytes=1-3")
print(
    json.dumps(
        {
            "pages": len(pages),
            "sizes": {entry["Key"]: entry["Size"] for entry in objects},
            "etags": {entry["Key"]: entry["ETag"] for entry in objects},
            "bodies": bodies,
            "range": [ranged["Body"].read().decode(), ranged["ContentRange"]],
            "checksum": get("checked", ChecksumMode="ENABLED").get("ChecksumCRC32"),
            "codes": {
                "condition": code(lambda: get(first["Key"], IfMatch='"other"')),
                "matching": code(lambda: get(first["Key"], IfMatch=first["ETag"])),
                "outside": code(lambda: get(first["Key"], Range="bytes=999999-999999")),
                "missing": code(lambda: get("nope")),
                "bucket": code(lambda: s3.list_objects_v2(Bucket="nope")),
                "secret": code(lambda: client(secret="wrong").list_objects_v2(Bucket="sims")),
                "key": code(lambda: client(key_id="NOBODY").list_objects_v2(Bucket="sims")),
                "token": code(lambda: client(token="old").list_objects_v2(Bucket="sims")),
                "unsigned": code(
                    lambda: client(signature_version=UNSIGNED).list_objects_v2(Bucket="sims")
                ),
            },
        }
    )
)
