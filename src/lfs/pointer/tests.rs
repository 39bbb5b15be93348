use proptest::prelude::*;

use super::*;

const HEX: &str = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";

fn parse(text: &str) -> Option<u64> {
    let pointer = Pointer::parse(text.as_bytes())?;
    assert_eq!(pointer.oid.to_string(), HEX, "{text:?}");
    Some(pointer.size)
}

/// Writes a pointer: `V` stands for the line of the version, `O` for that of the id, `X` for an extension's value.
fn text(template: &str) -> String {
    template
        .replace('V', "version https://git-lfs.github.com/spec/v1")
        .replace('O', &format!("oid sha256:{HEX}"))
        .replace('X', &format!("sha256:{}", "f".repeat(64)))
}

#[test]
fn what_git_lfs_reads_is_a_pointer() {
    for (template, size) in [
        ("V\nO\nsize 12345\n", 12345),
        ("V\nO\nsize 12345", 12345),
        ("V\nO\nsize 0\n", 0),
        ("V\nO\nsize 9223372036854775807\n", i64::MAX.unsigned_abs()),
        ("version https://hawser.github.com/spec/v1\nO\nsize 1\n", 1),
        ("version http://git-media.io/v/2\nO\nsize 1\n", 1),
        ("V\r\nO\r\nsize 12\r\n", 12),
        ("V\nO\r\nsize 12\n", 12),
        ("V\nO\nsize 12   \n", 12),
        ("\n \t V\nO\nsize 12\n\n\u{a0}\u{2003}\u{85}\n", 12),
        ("V\n\n\r\nO\n\nsize 12\n", 12),
        ("V\nO\nsize +12\n", 12),
        ("V\nO\nsize 0012\n", 12),
        ("V\nO\nsize -0\n", 0),
        ("V\next-0-foo X\next-1-bar X\next-2-baz X\nO\nsize 3\n", 3),
        ("V\next-2-baz X\next-0-foo X\nO\nsize 3\n", 3),
        ("ext-0-foo X\nV\nO\next-1-bar X\nsize 3\n", 3),
        ("V\next-0-foo$%-bar X\nO\nsize 3\n", 3),
        ("V\next-0-_ X\nO\nsize 3\n", 3),
        ("V\next-0-foo sha256:boom\next-0-foo X\nO\nsize 3\n", 3),
    ] {
        assert_eq!(parse(&text(template)), Some(size), "{template:?}");
    }
}

#[test]
fn what_git_lfs_does_not_read_is_none() {
    for template in [
        "",
        "\n",
        "invalid stuff",
        "# git-media",
        "V",
        "V\nO",
        "V\nO\nsize",
        "V\nO\nsize ",
        "V\nO\nsize fif",
        "V\nO\nsize -1",
        "V\nO\nsize 1.5",
        "V\nO\nsize 1_000",
        "V\nO\nsize 0x10",
        "V\nO\nsize 9223372036854775808",
        "V\nO\nsize  12",
        "V\nO\nsize 12\nwat wat",
        "V\nO\nsize 12\next-0-foo X",
        "V\nsize 12\nO",
        "O\nV\nsize 12",
        "O\nsize 12",
        "V\nV\nO\nsize 12",
        "V \nO\nsize 12",
        "V\nO \nsize 12",
        "V\n O\nsize 12",
        "V\r\r\nO\nsize 12",
        "V\nO\nsize 1\r2",
        "\u{feff}V\nO\nsize 12",
        "version  https://git-lfs.github.com/spec/v1\nO\nsize 12",
        "version https://git-lfs.github.com/spec/v2\nO\nsize 12",
        "version http://git-lfs.github.com/spec/v1\nO\nsize 12",
        "version HTTPS://git-lfs.github.com/spec/v1\nO\nsize 12",
        "version=https://git-lfs.github.com/spec/v1\nO\nsize 12",
        "Version https://git-lfs.github.com/spec/v1\nO\nsize 12",
        "V\noid sha256:boom\nsize 12",
        "V\noid sha1:4d7a214614ab2935c943f9e0ff69d22eadbb8f32\nsize 12",
        "V\noid shazam:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12",
        "V\noid SHA256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12",
        "V\noid sha256:4D7A214614AB2935C943F9E0FF69D22EADBB8F32B1258DAAA5E2CA24D17E2393\nsize 12",
        "V\noid sha256 4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12",
        "V\nO&\nsize 12",
        "V\next-0-$$$$ X\nO\nsize 12",
        "V\next-0- X\nO\nsize 12",
        "V\next-#-foo X\nO\nsize 12",
        "V\next-10-foo X\nO\nsize 12",
        "V\next-0-foo X\next-0-bar X\nO\nsize 12",
        "V\next-0-foo sha256:boom\nO\nsize 12",
        "V\next-0-foo\nO\nsize 12",
        "V\nfoo bar\nO\nsize 12",
        // A conflict that somebody committed.
        "<<<<<<< HEAD\nV\nO\nsize 12\n=======\nV\nO\nsize 13\n>>>>>>> other\n",
    ] {
        assert_eq!(parse(&text(template)), None, "{template:?}");
    }
}

#[test]
fn a_file_of_1024_bytes_is_no_pointer() {
    let pointer = text("V\nO\nsize 12");
    let padded = |length: usize| format!("{pointer}{}", " ".repeat(length - pointer.len()));
    assert_eq!(parse(&padded(1023)), Some(12));
    assert_eq!(parse(&padded(1024)), None);
}

#[test]
fn the_shortest_pointer_has_so_many_bytes() {
    let shortest = text("version http://git-media.io/v/2\nO\nsize 0");
    assert_eq!(shortest.len() as u64, SHORTEST);
    assert_eq!(parse(&shortest), Some(0));
    for version in VERSIONS {
        assert!([b"version ", version].concat().starts_with(VERSION_LINE));
    }
}

/// A pointer as git-lfs writes it.
fn canonical(oid: Oid, size: u64, extensions: &[(u8, String, Oid)]) -> String {
    let lines =
        extensions.iter().map(|(priority, name, oid)| format!("ext-{priority}-{name} sha256:{oid}\n"));
    format!(
        "version https://git-lfs.github.com/spec/v1\n{}oid sha256:{oid}\nsize {size}\n",
        lines.collect::<String>()
    )
}

proptest! {
    #[test]
    fn what_git_lfs_writes_is_read(
        oid: [u8; 32], size in 0..=i64::MAX.unsigned_abs(),
        names in prop::collection::btree_map(0_u8..10, ("[a-z0-9]{1,12}", any::<[u8; 32]>()), 0..5),
    ) {
        let extensions: Vec<_> =
            names.into_iter().map(|(priority, (name, oid))| (priority, name, Oid::new(oid))).collect();
        let pointer = Pointer { oid: Oid::new(oid), size };
        prop_assert_eq!(Pointer::parse(canonical(pointer.oid, size, &extensions).as_bytes()), Some(pointer));
    }

    #[test]
    fn a_pointer_with_a_wrong_byte_is_none_or_names_it(at in 0_usize..130, byte: u8) {
        let right = text("V\nO\nsize 12345\n").into_bytes();
        let mut wrong = right.clone();
        wrong[at] = byte;
        let found = Pointer::parse(&wrong);
        match at {
            _ if right == wrong => prop_assert_eq!(found.unwrap().size, 12345),
            // The digits of the id.
            54..118 => prop_assert_eq!(found.is_some(), matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
            // The number, which a sign may begin and a blank may end, and the end.
            124..130 => prop_assert!(found.is_none_or(|pointer| pointer.size != 12345 || at == 129)),
            _ => prop_assert_eq!(found, None),
        }
    }

    #[test]
    fn whatever_is_a_pointer_holds_its_version(words in prop::collection::vec(
        prop::sample::select(vec!["V", "O", "size 1", "\n", "\r\n", " ", "ext-1-a X", "ext-2-b X", "\u{a0}", "size 2", "x"]), 0..12,
    )) {
        let text = text(&words.concat());
        if Pointer::parse(text.as_bytes()).is_some() {
            prop_assert!(text.contains("version http") && text.len() as u64 >= SHORTEST);
        }
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..1100)) {
        prop_assert_eq!(Pointer::parse(&bytes), None);
    }
}
