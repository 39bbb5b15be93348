//! Writing the request for a pack.

use super::{DeltaBase, Depth, FetchRequest, MULTI_ACK, ProgressText, SIDE_BANDS, ThinPack};
use crate::protocol::advertisement::{Advertisement, Version};
use crate::protocol::ls_refs::start_command;
use crate::protocol::object_id::ObjectId;
use crate::protocol::pkt_line::{FLUSH, write_data, write_text};
use crate::protocol::{AGENT, ProtocolError};

/// Writes the request in the server's version.
///
/// # Errors
/// [`ProtocolError::LineTooLong`] if a line would not fit into a pkt-line.
pub fn write(request: &FetchRequest, server: &Advertisement) -> Result<Vec<u8>, ProtocolError> {
    match server.version {
        Version::V2 => write_v2(request, server),
        Version::V0 => write_v0(request, server),
    }
}

fn write_v2(request: &FetchRequest, server: &Advertisement) -> Result<Vec<u8>, ProtocolError> {
    let mut out = start_command("fetch", server)?;
    if request.thin_pack == ThinPack::Allowed {
        write_text(&mut out, "thin-pack")?;
    }
    if request.progress == ProgressText::Unwanted {
        write_text(&mut out, "no-progress")?;
    }
    if request.delta_base == DeltaBase::Offset {
        write_text(&mut out, "ofs-delta")?;
    }
    for want in &request.wants {
        write_text(&mut out, &format!("want {want}"))?;
    }
    write_limits(&mut out, request)?;
    write_haves(&mut out, request)?;
    out.extend_from_slice(FLUSH);
    Ok(out)
}

fn write_v0(request: &FetchRequest, server: &Advertisement) -> Result<Vec<u8>, ProtocolError> {
    let mut out = Vec::new();
    write_wants_v0(&mut out, request, server)?;
    write_limits(&mut out, request)?;
    out.extend_from_slice(FLUSH);
    write_haves(&mut out, request)?;
    Ok(out)
}

/// Writes the wants, the first of which carries the capabilities.
pub(super) fn write_wants_v0(
    out: &mut Vec<u8>,
    request: &FetchRequest,
    server: &Advertisement,
) -> Result<(), ProtocolError> {
    let mut words = capabilities(request, server).join(" ");
    if !words.is_empty() {
        words.insert(0, ' ');
    }
    for want in &request.wants {
        write_text(out, &format!("want {want}{}", std::mem::take(&mut words)))?;
    }
    Ok(())
}

/// Picks what a request needs from what a server of v0 offers.
fn capabilities(request: &FetchRequest, server: &Advertisement) -> Vec<String> {
    let offered = &server.capabilities;
    // Azure Repos refuses a client that does not ask for multi_ack.
    let mut words = Vec::from_iter(offered.first_of(MULTI_ACK));
    words.extend(offered.first_of(SIDE_BANDS));
    // dulwich refuses a client that does not ask for it. Without haves no pack is thin.
    if request.thin_pack == ThinPack::Allowed || request.haves.is_empty() {
        words.extend(offered.first_of(&["thin-pack"]));
    }
    if request.progress == ProgressText::Unwanted {
        words.extend(offered.first_of(&["no-progress"]));
    }
    if request.delta_base == DeltaBase::Offset {
        words.extend(offered.first_of(&["ofs-delta"]));
    }
    if request.depth.is_some() {
        words.extend(offered.first_of(&["shallow"]));
    }
    if matches!(request.depth, Some(Depth::Since(_))) {
        words.extend(offered.first_of(&["deepen-since"]));
    }
    if request.filter.is_some() {
        words.extend(offered.first_of(&["filter"]));
    }
    let mut words: Vec<_> = words.into_iter().map(str::to_owned).collect();
    if offered.has("object-format") {
        words.push(format!("object-format={}", server.format));
    }
    if offered.has("agent") {
        words.push(format!("agent={AGENT}"));
    }
    words
}

fn write_limits(out: &mut Vec<u8>, request: &FetchRequest) -> Result<(), ProtocolError> {
    for commit in &request.shallow {
        write_text(out, &format!("shallow {commit}"))?;
    }
    if let Some(depth) = request.depth {
        write_text(out, &depth.to_string())?;
    }
    if let Some(filter) = &request.filter {
        write_text(out, &format!("filter {filter}"))?;
    }
    Ok(())
}

fn write_haves(out: &mut Vec<u8>, request: &FetchRequest) -> Result<(), ProtocolError> {
    write_have_lines(out, &request.haves)?;
    write_data(out, b"done\n")
}

pub(super) fn write_have_lines(out: &mut Vec<u8>, haves: &[ObjectId]) -> Result<(), ProtocolError> {
    haves.iter().try_for_each(|have| write_text(out, &format!("have {have}")))
}

#[cfg(test)]
mod tests {
    use super::super::filter::Filter;
    use super::super::testing::{A, B, both, id, server, tips};
    use super::*;
    use crate::protocol::pack_entry::Kind;
    use crate::protocol::testing::pkt_lines;

    fn wish(haves: &[&str], thin_pack: ThinPack, delta_base: DeltaBase) -> FetchRequest {
        FetchRequest {
            haves: haves.iter().map(|digits| id(digits)).collect(),
            thin_pack,
            delta_base,
            ..both()
        }
    }

    #[test]
    fn a_v2_request_is_one_command_that_ends_with_done() {
        let server = server(Version::V2, "agent=git object-format=sha1");
        let bytes = write(&wish(&[B], ThinPack::Allowed, DeltaBase::Offset), &server).unwrap();
        let (agent, want_a) = (format!("agent={AGENT}\n"), format!("want {A}\n"));
        let (want_b, have) = (format!("want {B}\n"), format!("have {B}\n"));
        let lines = [
            "command=fetch\n",
            &agent,
            "object-format=sha1\n",
            "0001",
            "thin-pack\n",
            "ofs-delta\n",
            &want_a,
            &want_b,
            &have,
            "done\n",
            "0000",
        ];
        assert_eq!(bytes, pkt_lines(&lines));
    }

    #[test]
    fn a_v0_request_has_capabilities_on_its_first_want() {
        let server =
            server(Version::V0, "multi_ack thin-pack side-band side-band-64k ofs-delta multi_ack_detailed");
        let bytes = write(&wish(&[], ThinPack::Forbidden, DeltaBase::Ref), &server).unwrap();
        let first = format!("want {A} multi_ack_detailed side-band-64k thin-pack\n");
        assert_eq!(bytes, pkt_lines(&[&first, &format!("want {B}\n"), "0000", "done\n"]));
    }

    #[test]
    fn a_v0_request_with_haves_asks_for_no_thin_pack_unwelcome() {
        let server = server(Version::V0, "thin-pack side-band-64k ofs-delta");
        let bytes = write(&wish(&[B], ThinPack::Forbidden, DeltaBase::Ref), &server).unwrap();
        let first = format!("want {A} side-band-64k\n");
        let lines = [&first, &format!("want {B}\n"), "0000", &format!("have {B}\n"), "done\n"];
        assert_eq!(bytes, pkt_lines(&lines));
    }

    #[test]
    fn a_v0_request_takes_what_an_azure_server_offers() {
        let server = server(Version::V0, "multi_ack thin-pack side-band side-band-64k no-progress");
        let bytes = write(&wish(&[B], ThinPack::Allowed, DeltaBase::Offset), &server).unwrap();
        let first = format!("want {A} multi_ack side-band-64k thin-pack\n");
        let lines = [&first, &format!("want {B}\n"), "0000", &format!("have {B}\n"), "done\n"];
        assert_eq!(bytes, pkt_lines(&lines));
    }

    #[test]
    fn a_v0_server_without_side_band_is_asked_for_none() {
        let asked = |offered: &str| {
            write(&wish(&[], ThinPack::Forbidden, DeltaBase::Ref), &server(Version::V0, offered)).unwrap()
        };
        let rest = [&format!("want {B}\n"), "0000", "done\n"];
        let with = |first: String| pkt_lines(&[&[first.as_str()], &rest[..]].concat());
        assert_eq!(asked("multi_ack"), with(format!("want {A} multi_ack\n")));
        // Without a word there is no space either.
        assert_eq!(asked("symref=HEAD:refs/heads/main"), with(format!("want {A}\n")));
    }

    #[test]
    fn a_v2_request_for_tips_has_depth_and_filter_behind_the_wants() {
        let (want_a, want_b) = (format!("want {A}\n"), format!("want {B}\n"));
        let lines = ["command=fetch\n", "0001", "no-progress\n", &want_a, &want_b];
        let rest = ["deepen 1\n", "filter tree:0\n", "done\n", "0000"];
        let bytes = write(&tips(), &server(Version::V2, "")).unwrap();
        assert_eq!(bytes, pkt_lines(&[&lines[..], &rest].concat()));
    }

    #[test]
    fn a_v0_request_for_tips_asks_for_depth_and_filter_by_words_too() {
        let first = format!("want {A} side-band-64k no-progress shallow filter\n");
        let want_b = format!("want {B}\n");
        let lines = [&first, &want_b, "deepen 1\n", "filter tree:0\n", "0000", "done\n"];
        let offered = "no-progress side-band-64k shallow filter";
        assert_eq!(write(&tips(), &server(Version::V0, offered)).unwrap(), pkt_lines(&lines));
    }

    #[test]
    fn a_request_since_a_time_for_small_blobs_has_a_line_each() {
        let filter = Some(Filter::BlobLimit(1024).and(Filter::ObjectType(Kind::Blob)));
        let request = FetchRequest { depth: Some(Depth::Since(1_700_000_000)), filter, ..both() };
        let (want_a, want_b) = (format!("want {A}\n"), format!("want {B}\n"));
        let lines = [
            "command=fetch\n",
            "0001",
            &want_a,
            &want_b,
            "deepen-since 1700000000\n",
            "filter combine:blob:limit=1024+object:type=blob\n",
            "done\n",
            "0000",
        ];
        assert_eq!(write(&request, &server(Version::V2, "")).unwrap(), pkt_lines(&lines));
    }
}
