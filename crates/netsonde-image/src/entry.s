# The three entries. What runs first in a machine turns on pages, and there the paths meet.

# The note by which QEMU, Firecracker and Cloud Hypervisor know the 32-bit entry: PVH.
.section .note.pvh,"a",@note
.balign 4
    .long 4, 8, 18
    .asciz "Xen"
    .quad pvh_start

.section .bss.shim,"aw",@nobits
.balign 4096
page_map: .skip 4096
page_pointers: .skip 4096
page_directories: .skip 4 * 4096
page_table: .skip 4096

.section .bss.stack,"aw",@nobits
.balign 64
stack_start: .skip 128 * 1024
stack_end:

.section .text.start,"ax"
.balign 8
# Nothing; code of 64 bits, data, code of 32 bits, for the shim; data and code of 64 bits for the core; the task.
segments: .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cf9b000000ffff
    .quad 0x00cff3000000ffff, 0x00affb000000ffff
segment_of_task: .quad 0x890000000000 + TASK_LEN - 1, 0
segments_pointer:
    .word 63
    .quad segments
# What of the first two MiB may be done with: up to where, and how. 1: is there, 2: written, 4: by the core, too; the
# highest bit: not run. Page 0, where firmware leaves its tables and null pointers lead, is read like the rest before us.
areas:
    .long text_start, 0x80000005
    .long shim_text_end, 1
    .long text_end, 5
    .long constants_end, 0x80000005
    .long shim_data, 0x80000007
    .long shim_data_end, 0x80000003
    .long 0x200000, 0x80000007

.globl _start
.code64
# Linux, for a process, comes with privilege 3; hypervisors that do not know the note with 0, as for a Linux kernel.
_start:
    movw %cs, %ax
    testb $3, %al
    jz boot_linux
    call unpack_process
    movq %rsp, %rdi
    xorl %ebp, %ebp
    andq $-16, %rsp
    call process_main
    ud2

boot_linux:
    cli
    cld
    movl $shim_stack_end, %esp
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
    movl $shim_stack_end, %esp
    # Four GiB, in pages of two MiB: read and written by all, run by nobody.
    xorl %ecx, %ecx
1:  movl %ecx, %eax
    shll $21, %eax
    orl $0x87, %eax
    movl %eax, page_directories(,%ecx,8)
    movl $0x80000000, page_directories+4(,%ecx,8)
    incl %ecx
    cmpl $2048, %ecx
    jne 1b
    # But for interrupt controllers: those of lines are the shim's, and so is the local one, at LOCAL. Where it is for
    # everybody else it is only read: it has the timer that the clock is compared with.
    movl $0xfec00083, page_directories+8*(0xfec00000>>21)
    movl $0xfee00085, page_directories+8*(0xfee00000>>21)
    movl $0xfee00083, page_directories+8*(LOCAL>>21)
    # The first two MiB, in small pages.
    movl $areas, %ebx
    xorl %ecx, %ecx
2:  movl %ecx, %eax
    shll $12, %eax
3:  movl 4(%ebx), %edx
    cmpl (%ebx), %eax
    jb 4f
    addl $8, %ebx
    jmp 3b
4:  orb %dl, %al
    andl $0x80000000, %edx
    movl %eax, page_table(,%ecx,8)
    movl %edx, page_table+4(,%ecx,8)
    incl %ecx
    cmpl $512, %ecx
    jne 2b
    movl $page_table+7, page_directories
    movl $0, page_directories+4
    movl $page_pointers+7, page_map
    movl $page_directories+7, page_pointers
    movl $page_directories+0x1007, page_pointers+8
    movl $page_directories+0x2007, page_pointers+16
    movl $page_directories+0x3007, page_pointers+24
    movl $page_map, %eax
    movl %eax, %cr3
    # Physical address extension, and the registers that Rust uses.
    movl $0x620, %eax
    movl %eax, %cr4
    # Long mode, pages that are not run; no fast system calls.
    movl $0xc0000080, %ecx
    movl $0x900, %eax
    xorl %edx, %edx
    wrmsr
    # Pages, a coprocessor. Of what is not written, the shim is free until it has set itself up.
    movl %cr0, %eax
    andl $0xfffefff3, %eax
    orl $0x80000003, %eax
    movl %eax, %cr0
    lgdt segments_pointer
    ljmp $8, $boot_long
.code64
