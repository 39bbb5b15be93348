//! Files that look like programs of each platform, and hold a text as a binary of ours does.

/// The platforms of a release, as Node names them.
pub const PLATFORMS: [&str; 5] = ["linux-x64", "linux-arm64", "win32-x64", "darwin-x64", "darwin-arm64"];

/// Makes a stand-in for a platform's binary: its headers alone, and the text.
pub fn stand_in(platform: &str, text: &str) -> Vec<u8> {
    let headers = match platform {
        "linux-x64" => elf(62),
        "linux-arm64" => elf(183),
        "win32-x64" => portable_executable(),
        "darwin-x64" => mach_o(0x0100_0007, 3),
        "darwin-arm64" => mach_o(0x0100_000c, 0),
        other => panic!("no such platform: {other}"),
    };
    [headers.as_slice(), b"\0", text.as_bytes(), b"\0"].concat()
}

/// A header of ELF with one segment and no interpreter: a static program.
fn elf(machine: u16) -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    put(&mut file, &[2, machine]); // a program
    file.extend(1_u32.to_le_bytes());
    for address in [0x40_0000_u64, 64, 0] {
        file.extend(address.to_le_bytes()); // its start, its segments, no sections
    }
    file.extend(0_u32.to_le_bytes());
    put(&mut file, &[64, 56, 1, 0, 0, 0]);
    file.extend(1_u32.to_le_bytes()); // loaded
    file.extend(5_u32.to_le_bytes()); // read and run
    for number in [0_u64, 0x40_0000, 0x40_0000, 120, 120, 0x1000] {
        file.extend(number.to_le_bytes());
    }
    file
}

/// The headers of a 64-bit program for the console of Windows.
fn portable_executable() -> Vec<u8> {
    let mut file = b"MZ".to_vec();
    file.resize(60, 0);
    file.extend(64_u32.to_le_bytes()); // the place of what follows
    file.extend(b"PE\0\0");
    put(&mut file, &[0x8664, 0]); // x86-64, no sections
    file.extend([0; 12]);
    put(&mut file, &[112, 0x22, 0x20b]); // the optional header and its kind
    file.resize(file.len() + 66, 0);
    put(&mut file, &[3]); // for the console
    file.resize(file.len() + 42, 0);
    file
}

/// The header of a 64-bit program of macOS.
fn mach_o(processor: u32, kind: u32) -> Vec<u8> {
    [0xfeed_facf, processor, kind, 2, 0, 0, 0, 0]
        .iter()
        .flat_map(|number: &u32| number.to_le_bytes())
        .collect()
}

fn put(file: &mut Vec<u8>, numbers: &[u16]) {
    file.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}
