# The three entries. What runs first in a machine turns on pages, and there the paths meet.

# The note by which QEMU, Firecracker and Cloud Hypervisor know the 32-bit entry: PVH.
.section .note.pvh,"a",@note
.balign 4
    .long 4, 8, 18
    .asciz "Xen"
    .quad pvh_start

.section .bss.boot,"aw",@nobits
.balign 4096
page_map: .skip 4096
page_pointers: .skip 4096
page_directories: .skip 4 * 4096
page_table: .skip 4096
.balign 64
stack_start: .skip 128 * 1024
stack_end:

.section .rodata.boot,"a"
.balign 8
# Nothing; code of 64 bits; data; code of 32 bits.
segments: .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cf9b000000ffff
segments_pointer:
    .word 31
    .quad segments

.section .text.start,"ax"
.globl _start
.code64
# Linux, for a process, comes with privilege 3; hypervisors that do not know the note with 0, as for a Linux kernel.
_start:
    movw %cs, %ax
    testb $3, %al
    jz boot_linux
    movq %rsp, %rdi
    xorl %ebp, %ebp
    andq $-16, %rsp
    call process_main
    ud2

boot_linux:
    cli
    cld
    movl $stack_end, %esp
    lgdt segments_pointer
    movl $1, %edi
    pushq $24
    pushq $boot_unpaged
    lretq

.code32
# Out of pages, to make our own: those of the hypervisor end early.
boot_unpaged:
    movl $16, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %cr0, %eax
    andl $0x7fffffff, %eax
    movl %eax, %cr0
    jmp boot

.globl pvh_start
pvh_start:
    cli
    cld
    movl %ebx, %esi
    xorl %edi, %edi
# edi: 0 for PVH, 1 for Linux; esi: what the hypervisor says.
boot:
    movl $stack_end, %esp
    # Four GiB, in pages of two MiB: to be written, not run.
    xorl %ecx, %ecx
1:  movl %ecx, %eax
    shll $21, %eax
    orl $0x83, %eax
    movl %eax, page_directories(,%ecx,8)
    movl $0x80000000, page_directories+4(,%ecx,8)
    incl %ecx
    cmpl $2048, %ecx
    jne 1b
    # The first two MiB, in small pages: code is not written, constants are neither written nor run. Of page 0, where
    # firmware leaves its tables and null pointers lead, the same.
    movl $1, %ecx
2:  movl %ecx, %eax
    shll $12, %eax
    movl $0x80000000, %edx
    cmpl $text_start, %eax
    jb 3f
    cmpl $constants_end, %eax
    jae 3f
    cmpl $text_end, %eax
    jae 4f
    xorl %edx, %edx
4:  orl $1, %eax
    jmp 5f
3:  orl $3, %eax
5:  movl %eax, page_table(,%ecx,8)
    movl %edx, page_table+4(,%ecx,8)
    incl %ecx
    cmpl $512, %ecx
    jne 2b
    movl $1, page_table
    movl $0x80000000, page_table+4
    movl $page_table+3, page_directories
    movl $0, page_directories+4
    movl $page_pointers+3, page_map
    movl $page_directories+3, page_pointers
    movl $page_directories+0x1003, page_pointers+8
    movl $page_directories+0x2003, page_pointers+16
    movl $page_directories+0x3003, page_pointers+24
    movl $page_map, %eax
    movl %eax, %cr3
    # Physical address extension, and the registers that Rust uses.
    movl %cr4, %eax
    orl $0x620, %eax
    movl %eax, %cr4
    # Long mode, pages that are not run.
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x900, %eax
    wrmsr
    # Pages, write protection for us too, a coprocessor.
    movl %cr0, %eax
    andl $0xfffffff3, %eax
    orl $0x80010003, %eax
    movl %eax, %cr0
    lgdt segments_pointer
    ljmp $8, $boot_long

.code64
boot_long:
    movl $16, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movl %edi, %edi
    movl %esi, %esi
    movl $stack_end, %esp
    xorl %ebp, %ebp
    call guest_main
    ud2

.section .text.interrupts,"ax"
# Something came, or time is up: whoever waits will look. It has a stack of its own, for Rust writes below that of
# whoever was interrupted. The timer is set again, so that it looks at the deadline even where nobody waits.
.globl interrupt_entry
interrupt_entry:
    pushq %rax
    pushq %rdx
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    cmpq guest_deadline, %rax
    jae 1f
    movl $0xfee00380, %eax
    movl $1000000000, (%rax)
    movl $0xfee000b0, %eax
    movl $0, (%rax)
    popq %rdx
    popq %rax
    iretq
1:  cld
    andq $-16, %rsp
    call guest_late
    ud2

# A defect: nothing can go on.
.globl exception_entry
exception_entry:
    cld
    movl $stack_end, %esp
    call guest_exception
    ud2
