//! Giving up every right before a frame is read: no capability, no new privileges, five system calls on three
//! descriptors.
use super::call::{self, Errno, number};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const PR_SET_PDEATHSIG: usize = 1;
const PR_SET_DUMPABLE: usize = 4;
const PR_CAPBSET_DROP: usize = 24;
const PR_SET_NO_NEW_PRIVS: usize = 38;
const PR_CAP_AMBIENT: usize = 47;
const PR_CAP_AMBIENT_CLEAR_ALL: usize = 4;
const SIGKILL: usize = 9;
/// More capabilities than any kernel has.
const CAPABILITIES_MAX: usize = 64;
/// `_LINUX_CAPABILITY_VERSION_3`.
const CAPABILITY_VERSION: u32 = 0x2008_0522;
const SECCOMP_SET_MODE_FILTER: usize = 1;

/// `AUDIT_ARCH_X86_64`: numbers of 32-bit calls (`int 0x80`) mean other things.
const ARCHITECTURE: u32 = 0xc000_003e;
const ALLOW: u32 = 0x7fff_0000;
const KILL_PROCESS: u32 = 0x8000_0000;
/// Offsets in `struct seccomp_data`, and the operations that the filter is made of.
const OFFSET_CALL: u32 = 0;
const OFFSET_ARCHITECTURE: u32 = 4;
const OFFSET_DESCRIPTOR: u32 = 16;
const LOAD: u16 = 0x20;
const JUMP_IF_EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;

/// Gives up every right of this process, for good. `card` is the descriptor that frames go through.
pub(super) fn seal(card: i32) -> Result<(), String> {
    let refused = |what: &'static str| {
        move |Errno(error)| format!("cannot seal the process: {what}: error {error}")
    };
    control([PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0]).map_err(refused("parent-death signal"))?;
    control([PR_SET_DUMPABLE, 0, 0, 0, 0]).map_err(refused("not dumpable"))?;
    control([PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0]).map_err(refused("no new privileges"))?;
    control([PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0])
        .map_err(refused("ambient capabilities"))?;
    for capability in 0..CAPABILITIES_MAX {
        // Who may not drop these cannot gain by them either, for no new privileges come.
        let _ = control([PR_CAPBSET_DROP, capability, 0, 0, 0]);
    }
    capabilities(number::CAPSET).map_err(refused("capabilities"))?;
    let left = capabilities(number::CAPGET).map_err(refused("capabilities"))?;
    if left.iter().any(|set| *set != 0) {
        return Err(String::from(
            "cannot seal the process: capabilities are left",
        ));
    }
    install(&filter(card)).map_err(refused("seccomp"))
}

fn control(arguments: [usize; 5]) -> Result<usize, Errno> {
    // SAFETY: none of the operations above takes a pointer.
    unsafe {
        call::call(
            number::PRCTL,
            [
                arguments[0],
                arguments[1],
                arguments[2],
                arguments[3],
                arguments[4],
                0,
            ],
        )
    }
}

/// Sets all capability sets to nothing, or reads them.
fn capabilities(number: usize) -> Result<[u32; 6], Errno> {
    let header = [CAPABILITY_VERSION, 0];
    let mut sets = [0; 6];
    let arguments = [
        (&raw const header) as usize,
        (&raw mut sets) as usize,
        0,
        0,
        0,
        0,
    ];
    // SAFETY: the kernel reads the header and reads or writes two times three words.
    unsafe { call::call(number, arguments) }?;
    Ok(sets)
}

/// One instruction, as `struct sock_filter`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    code: u16,
    then: u8,
    otherwise: u8,
    operand: u32,
}

fn op(code: u16, operand: u32, otherwise: u8) -> Instruction {
    Instruction {
        code,
        then: 0,
        otherwise,
        operand,
    }
}

/// The five calls: reads from standard input and the card, writes to standard output and the card.
fn filter(card: i32) -> Vec<Instruction> {
    let mut code = Vec::from([
        op(LOAD, OFFSET_ARCHITECTURE, 0),
        Instruction {
            then: 1,
            ..op(JUMP_IF_EQUAL, ARCHITECTURE, 0)
        },
        op(RETURN, KILL_PROCESS, 0),
        op(LOAD, OFFSET_CALL, 0),
    ]);
    for call in [number::PPOLL, number::CLOCK_GETTIME, number::EXIT_GROUP] {
        code.push(op(JUMP_IF_EQUAL, call as u32, 1));
        code.push(op(RETURN, ALLOW, 0));
    }
    for (call, standard) in [(number::READ, 0), (number::WRITE, 1)] {
        code.push(op(JUMP_IF_EQUAL, call as u32, 6));
        code.push(op(LOAD, OFFSET_DESCRIPTOR, 0));
        for descriptor in [standard, card.cast_unsigned()] {
            code.push(op(JUMP_IF_EQUAL, descriptor, 1));
            code.push(op(RETURN, ALLOW, 0));
        }
        code.push(op(RETURN, KILL_PROCESS, 0));
    }
    code.push(op(RETURN, KILL_PROCESS, 0));
    code
}

fn install(code: &[Instruction]) -> Result<(), Errno> {
    /// `struct sock_fprog`.
    #[repr(C)]
    struct Program {
        length: u16,
        code: *const Instruction,
    }
    let program = Program {
        length: u16::try_from(code.len()).unwrap_or(u16::MAX),
        code: code.as_ptr(),
    };
    let arguments = [
        SECCOMP_SET_MODE_FILTER,
        0,
        (&raw const program) as usize,
        0,
        0,
        0,
    ];
    // SAFETY: the kernel copies the program, as long as it says.
    unsafe { call::call(number::SECCOMP, arguments) }.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would do with a filter.
    fn verdict(code: &[Instruction], data: &dyn Fn(u32) -> u32) -> u32 {
        let (mut place, mut accumulator) = (0, 0);
        loop {
            let one = code[place];
            place += 1;
            match one.code {
                LOAD => accumulator = data(one.operand),
                JUMP_IF_EQUAL => {
                    let equal = accumulator == one.operand;
                    place += usize::from(if equal { one.then } else { one.otherwise });
                }
                RETURN => return one.operand,
                other => panic!("operation {other}"),
            }
        }
    }

    fn is_allowed(architecture: u32, call: usize, descriptor: i32) -> bool {
        let data = |offset| match offset {
            OFFSET_CALL => call as u32,
            OFFSET_ARCHITECTURE => architecture,
            OFFSET_DESCRIPTOR => descriptor.cast_unsigned(),
            other => panic!("offset {other}"),
        };
        match verdict(&filter(7), &data) {
            ALLOW => true,
            KILL_PROCESS => false,
            other => panic!("verdict {other}"),
        }
    }

    #[test]
    fn five_calls_on_three_descriptors_are_allowed() {
        let of_any = (0..600).filter(|call| is_allowed(ARCHITECTURE, *call, 99));
        assert_eq!(of_any.collect::<Vec<_>>(), [228, 231, 271]);
        let by = |call| {
            let allowed = (0..10).filter(|descriptor| is_allowed(ARCHITECTURE, call, *descriptor));
            allowed.collect::<Vec<_>>()
        };
        assert_eq!(
            (by(number::READ), by(number::WRITE)),
            (vec![0, 7], vec![1, 7])
        );
    }

    #[test]
    fn other_architectures_are_not() {
        const I386: u32 = 0x4000_0003;
        const X32_BIT: usize = 0x4000_0000;
        for call in 0..600 {
            assert!(!is_allowed(I386, call, 0), "{call}");
            assert!(!is_allowed(ARCHITECTURE, call | X32_BIT, 0), "{call}");
        }
    }
}
