//! An assembler for classic BPF, as little of it as our socket filters and our sandbox need.
use std::ops::RangeInclusive;

/// Writes instructions; the accumulator is A, the index X. A load past the packet's end drops it.
#[derive(Default)]
pub(crate) struct Assembler(Vec<libc::sock_filter>);

impl Assembler {
    pub(crate) fn load_u8(&mut self, offset: u32) {
        self.emit(libc::BPF_LD | libc::BPF_B | libc::BPF_ABS, offset);
    }

    pub(crate) fn load_u16(&mut self, offset: u32) {
        self.emit(libc::BPF_LD | libc::BPF_H | libc::BPF_ABS, offset);
    }

    pub(crate) fn load_u8_at_x(&mut self, offset: u32) {
        self.emit(libc::BPF_LD | libc::BPF_B | libc::BPF_IND, offset);
    }

    pub(crate) fn load_u16_at_x(&mut self, offset: u32) {
        self.emit(libc::BPF_LD | libc::BPF_H | libc::BPF_IND, offset);
    }

    /// X becomes the length of the IPv4 header at the packet's start.
    pub(crate) fn load_x_header_length(&mut self) {
        self.emit(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, 0);
    }

    /// A is the first octet of an IPv4 header: X grows by that header's length.
    pub(crate) fn add_ipv4_header_length_to_x(&mut self) {
        self.emit(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, 0x0f);
        self.emit(libc::BPF_ALU | libc::BPF_LSH | libc::BPF_K, 2);
        self.emit(libc::BPF_ALU | libc::BPF_ADD | libc::BPF_X, 0);
        self.emit(libc::BPF_MISC | libc::BPF_TAX, 0);
    }

    pub(crate) fn store(&mut self, slot: u32) {
        self.emit(libc::BPF_ST, slot);
    }

    pub(crate) fn load(&mut self, slot: u32) {
        self.emit(libc::BPF_LD | libc::BPF_MEM, slot);
    }

    /// Runs `body`, which must end in keeping or dropping the packet, when A equals `value`.
    pub(crate) fn when(&mut self, value: u32, body: impl FnOnce(&mut Self)) {
        let jump = self.0.len();
        self.emit(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, value);
        body(self);
        self.0[jump].jf = u8::try_from(self.0.len() - jump - 1).expect("bodies are short");
    }

    /// Keeps the packet if A is in the range, drops it otherwise.
    pub(crate) fn keep_if_in(&mut self, range: &RangeInclusive<u16>) {
        // Too small: on to the drop, two instructions further.
        self.emit(
            libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K,
            u32::from(*range.start()),
        );
        self.0.last_mut().expect("just written").jf = 2;
        // Too large: on to the drop, one instruction further.
        self.emit(
            libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K,
            u32::from(*range.end()),
        );
        self.0.last_mut().expect("just written").jt = 1;
        self.emit(libc::BPF_RET | libc::BPF_K, u32::MAX);
        self.drop_packet();
    }

    /// Loads 32 bits of the packet.
    pub(crate) fn load_word(&mut self, offset: u32) {
        self.emit(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset);
    }

    /// Loads the packet's length.
    pub(crate) fn load_length(&mut self) {
        self.emit(libc::BPF_LD | libc::BPF_W | libc::BPF_LEN, 0);
    }

    /// Runs `body` when A is at most `value`.
    pub(crate) fn when_at_most(&mut self, value: u32, body: impl FnOnce(&mut Self)) {
        self.emit(libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K, value);
        self.last().jf = 1;
        self.around(body);
    }

    /// Runs `body`, however long, when A is one of the values.
    pub(crate) fn when_among(&mut self, values: &[u32], body: impl FnOnce(&mut Self)) {
        for (index, value) in values.iter().enumerate() {
            self.emit(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, *value);
            // Over the values that are left, and over the jump around the body.
            let over = values.len() - index;
            self.last().jt = u8::try_from(over).expect("lists of values are short");
        }
        self.around(body);
    }

    /// Runs `body` when the four words at `offset` are those of one of the lists.
    pub(crate) fn when_words_among(
        &mut self,
        offset: u32,
        lists: &[[u32; 4]],
        body: impl FnOnce(&mut Self),
    ) {
        let mut hits = Vec::new();
        for words in lists {
            for (word, at) in words.iter().zip(0..) {
                self.load_word(offset.wrapping_add(4 * at));
                self.emit(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, *word);
                // Another word: on to the next list, over the pairs that are left and the jump to the body.
                self.last().jf = u8::try_from(2 * (3 - at) + 1).expect("four words");
            }
            hits.push(self.0.len());
            self.emit(libc::BPF_JMP | libc::BPF_JA, 0);
        }
        let miss = self.0.len();
        self.emit(libc::BPF_JMP | libc::BPF_JA, 0);
        for hit in hits {
            self.land(hit);
        }
        body(self);
        self.land(miss);
    }

    /// A jump over `body`, which the instruction before jumps over in turn.
    fn around(&mut self, body: impl FnOnce(&mut Self)) {
        let jump = self.0.len();
        self.emit(libc::BPF_JMP | libc::BPF_JA, 0);
        body(self);
        self.land(jump);
    }

    /// Lets an unconditional jump end here.
    fn land(&mut self, jump: usize) {
        let over = self.0.len() - jump - 1;
        self.0[jump].k = u32::try_from(over).expect("programs have a few thousand instructions");
    }

    fn last(&mut self) -> &mut libc::sock_filter {
        self.0.last_mut().expect("just written")
    }

    /// Clears the other bits of A.
    pub(crate) fn keep_bits(&mut self, mask: u32) {
        self.emit(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, mask);
    }

    pub(crate) fn drop_packet(&mut self) {
        self.finish_with(0);
    }

    pub(crate) fn keep_packet(&mut self) {
        self.finish_with(u32::MAX);
    }

    pub(crate) fn finish(self) -> Vec<libc::sock_filter> {
        self.0
    }

    /// Loads 32 bits of the data that seccomp shows, in the machine's byte order.
    pub(crate) fn load_u32(&mut self, offset: u32) {
        self.emit(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset);
    }

    /// Runs `body`, which must end in a verdict, when A has one of the bits of `mask`.
    pub(crate) fn when_any_bit(&mut self, mask: u32, body: impl FnOnce(&mut Self)) {
        let jump = self.0.len();
        self.emit(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, mask);
        body(self);
        self.0[jump].jf = u8::try_from(self.0.len() - jump - 1).expect("bodies are short");
    }

    /// Ends the program with a verdict.
    pub(crate) fn finish_with(&mut self, action: u32) {
        self.emit(libc::BPF_RET | libc::BPF_K, action);
    }

    fn emit(&mut self, code: u32, k: u32) {
        let code = u16::try_from(code).expect("opcodes of classic BPF have 16 bits");
        self.0.push(libc::sock_filter {
            code,
            jt: 0,
            jf: 0,
            k,
        });
    }
}
