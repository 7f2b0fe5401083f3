#!/bin/sh
# Attaches findings to an image, signed: what `cosign attest` does, for who has no cosign. Needs curl and openssl, and a
# registry that lists referrers and asks for no login.
#   attach.sh REGISTRY/NAME@sha256:DIGEST FINDINGS.json KEY.pem PREDICATE-TYPE
set -eu
image=$1 findings=$2 key=$3 predicate=$4
registry=${image%%/*}
name=${image#*/}
digest=${name##*@}
name=${name%@*}
case $registry in localhost:* | 127.0.0.1:*) scheme=http ;; *) scheme=https ;; esac
api=$scheme://$registry/v2/$name
manifest=application/vnd.oci.image.manifest.v1+json
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
size_of() { wc -c <"$1" | tr -d ' '; }

# A statement about the image (in-toto), in an envelope that is signed (DSSE).
payload_type=application/vnd.in-toto+json
{
  printf '{"_type":"https://in-toto.io/Statement/v1","predicateType":"%s",' "$predicate"
  printf '"subject":[{"name":"%s","digest":{"sha256":"%s"}}],"predicate":' "$registry/$name" "${digest#sha256:}"
  cat "$findings"
  printf '}'
} >"$work/statement"
{
  printf 'DSSEv1 %s %s %s ' "${#payload_type}" "$payload_type" "$(size_of "$work/statement")"
  cat "$work/statement"
} | openssl dgst -sha256 -sign "$key" -out "$work/signature"
{
  printf '{"payloadType":"%s","payload":"' "$payload_type"
  base64 <"$work/statement" | tr -d '\n'
  printf '","signatures":[{"sig":"'
  base64 <"$work/signature" | tr -d '\n'
  printf '"}]}'
} >"$work/envelope"
printf '{}' >"$work/config"

# Pushes a file; prints what the manifest says of it.
push() {
  sum=sha256:$(openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1)
  place=$(curl -fsS -X POST -o "$work/answer" -D - "$api/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  case $place in /*) place=$scheme://$registry$place ;; esac
  case $place in *\?*) place="$place&digest=$sum" ;; *) place="$place?digest=$sum" ;; esac
  curl -fsS -X PUT -o "$work/answer" -H 'Content-Type: application/octet-stream' --data-binary "@$1" "$place"
  printf '{"mediaType":"%s","digest":"%s","size":%s}' "$2" "$sum" "$(size_of "$1")"
}

envelope_type=application/vnd.dsse.envelope.v1+json
curl -fsS -o "$work/image" -H "Accept: $manifest, application/vnd.oci.image.index.v1+json" "$api/manifests/$digest"
{
  printf '{"schemaVersion":2,"mediaType":"%s","artifactType":"%s","config":' "$manifest" "$envelope_type"
  push "$work/config" application/vnd.oci.empty.v1+json
  printf ',"layers":['
  push "$work/envelope" "$envelope_type"
  printf '],"subject":{"mediaType":"%s","digest":"%s","size":%s}}' "$manifest" "$digest" "$(size_of "$work/image")"
} >"$work/manifest"
sum=sha256:$(openssl dgst -sha256 -r "$work/manifest" | cut -d ' ' -f 1)
listed=$(curl -fsS -X PUT -o "$work/answer" -D - -H "Content-Type: $manifest" --data-binary "@$work/manifest" \
  "$api/manifests/$sum" | tr -d '\r' | sed -n 's/^[Oo][Cc][Ii]-[Ss]ubject: //p')
if [ "$listed" != "$digest" ]; then
  echo "$registry does not list referrers: attach findings by cosign, which uses a tag there" >&2
  exit 1
fi
echo "attached to $registry/$name"
