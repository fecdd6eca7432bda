# In the file, all behind the first page is one LZ4 block, which netsonde-pack has made and put where it can be
# unpacked over: see there. This is the unpacker. A file that was only linked has no block, and nothing is to be done.

.section .text.start,"ax"
.balign 4
# For the packer: found by its name. Where the block begins and ends, in memory; what it gives, from and to; what it has
# to end before.
packing:
    .ascii "netsonde"
packed_start: .long 0
packed_end: .long 0
    .long shim_text_end, data_end, shim_data

damaged: .ascii "\n{{\"type\":\"failed\",\"reason\":\"the image is damaged, or may not unpack itself\",\"hint\":\"\"}}\n"
.set DAMAGED_LEN, . - damaged

.code64
# Unpacks, if there is anything to unpack; then eax is 0. All that is read or written is checked to be in the block, or
# in what it gives. Changes all registers but r8, r9 and those above r11.
unpack:
    movl packed_start, %esi
    movl packed_end, %r10d
    movl $shim_text_end, %edi
    testl %esi, %esi
    jz unpacked
# rsi: what is read, up to r10; rdi: what is written.
unpack_token:
    cmpq %r10, %rsi
    jae unpack_fails
    movzbl (%rsi), %edx
    incq %rsi
    movl %edx, %ecx
    shrl $4, %ecx
    cmpl $15, %ecx
    jne 1f
    call unpack_length
1:  leaq (%rsi,%rcx), %rbx
    cmpq %r10, %rbx
    ja unpack_fails
    leaq (%rdi,%rcx), %r11
    cmpq $data_end, %r11
    ja unpack_fails
    # Eight bytes at a time, some of them too many: there is room, and they are written again.
1:  movq (%rsi), %rax
    movq %rax, (%rdi)
    addq $8, %rsi
    addq $8, %rdi
    subq $8, %rcx
    ja 1b
    movq %rbx, %rsi
    movq %r11, %rdi
    cmpq %r10, %rsi
    je unpack_ends
    movzwl (%rsi), %ebp
    testl %ebp, %ebp
    jz unpack_fails
    addq $2, %rsi
    movl %edx, %ecx
    andl $15, %ecx
    cmpl $15, %ecx
    jne 1f
    call unpack_length
1:  addq $4, %rcx
    leaq (%rdi,%rcx), %r11
    cmpq $data_end, %r11
    ja unpack_fails
    movq %rdi, %rbx
    subq %rbp, %rbx
    cmpq $shim_text_end, %rbx
    jb unpack_fails
    cmpl $8, %ebp
    jb 3f
2:  movq (%rbx), %rax
    movq %rax, (%rdi)
    addq $8, %rbx
    addq $8, %rdi
    subq $8, %rcx
    ja 2b
    movq %r11, %rdi
    jmp unpack_token
    # What is nearer is written while it is read.
3:  movb (%rbx), %al
    movb %al, (%rdi)
    incq %rbx
    incq %rdi
    decq %rcx
    jnz 3b
    jmp unpack_token

unpack_ends:
    cmpq $data_end, %rdi
    jne unpack_fails
unpacked:
    xorl %eax, %eax
    ret
unpack_fails:
    movl $1, %eax
    ret

# Adds the bytes that follow, up to one that is not 255, to a length of 15. Most lengths are less, and calls are dear
# where instructions are emulated.
unpack_length:
1:  cmpq %r10, %rsi
    jae 2f
    movzbl (%rsi), %eax
    incq %rsi
    addq %rax, %rcx
    cmpl $255, %eax
    je 1b
2:  ret

# Unpacks a process. What is run is not written any more, and constants are not either.
unpack_process:
    call unpack
    testl %eax, %eax
    jne 1f
    cmpl $0, packed_start
    je 2f
    movl $shim_text_end, %edi
    movl $text_end, %esi
    movl $5, %edx
    call unpack_protect
    jne 1f
    movl $text_end, %edi
    movl $constants_end, %esi
    movl $1, %edx
    call unpack_protect
    jne 1f
2:  ret
    # A line on standard output, then the end.
1:  movl $1, %eax
    movl $1, %edi
    movl $damaged, %esi
    movl $DAMAGED_LEN, %edx
    syscall
    movl $231, %eax
    movl $1, %edi
    syscall
    ud2
unpack_protect:
    subl %edi, %esi
    movl $10, %eax
    syscall
    testl %eax, %eax
    ret

# Unpacks a machine, at privilege level 0, while what is not written by others is written by it.
unpack_machine:
    call unpack
    testl %eax, %eax
    jne 1f
    ret
1:  movl $damaged, %esi
    movl $DAMAGED_LEN, %ecx
    movw $0x3f8, %dx
    rep outsb
    movl $1, %eax
    jmp shim_exit
