# What runs at privilege level 0: it sets the processor up for the core, which runs at level 3, takes interrupts and
# exceptions, and serves five calls. It reads and writes no memory of the core's.

.set TASK_LEN, 104 + 0xd00 / 8 + 1
# The local interrupt controller, where only the shim can write it.
.set LOCAL, 0xffe00000
# Where the core finds a card that is above four GiB.
.set WINDOW, 0xffc00000
.set LOCAL_ID, 0x20
.set LOCAL_END, 0xb0
.set LOCAL_SPURIOUS, 0xf0
.set LOCAL_TIMER, 0x320
.set LOCAL_LINE_0, 0x350
.set LOCAL_LINE_1, 0x360
.set LOCAL_COUNT, 0x380
.set LOCAL_DIVIDE, 0x3e0
# Vectors.
.set TIMER, 0x40
.set LINE, 0x41
.set CALL, 0x80
# How often the deadline is looked at where nobody waits: the timer counts nanoseconds.
.set SECOND, 1000000000
# Why the core was stopped, beside exceptions of the processor: by the deadline.
.set LATE, 32
# The same, by a call that there is not.
.set STRANGE, 33

.section .bss.shim,"aw",@nobits
.balign 16
gates: .skip 256 * 16
gates_end:
# The task segment: the stack of the shim and, a bit each, the ports that are closed to the core.
task: .skip 104
ports: .skip 0xd00 / 8 + 1
# When interrupts end the run, on the processor's counter.
.balign 16
deadline: .skip 8
# Whether something has interrupted since the core last waited.
is_woken: .skip 1
# Whether the core was stopped already: a second time is the last.
is_stopped: .skip 1
.balign 64
    .skip 1024
shim_stack_end:

.section .text.start,"ax"
.code64
boot_long:
    movl $16, %eax
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl %edi, %r8d
    movl %esi, %r9d
    movl $shim_stack_end, %esp
    # Gates: 32 of exceptions, 224 of interrupts; one of those is open to the core.
    movl $gates, %edi
    movl $shim_exceptions, %ebx
1:  movl %ebx, %eax
    cmpl $gates + 32 * 16, %edi
    jb 2f
    movl $shim_interrupt, %eax
2:  movw %ax, (%rdi)
    movb $8, 2(%rdi)
    movw $0x8e00, %ax
    movl %eax, 4(%rdi)
    addl $5, %ebx
    addl $16, %edi
    cmpl $gates_end, %edi
    jne 1b
    movl $shim_call, %eax
    movw %ax, gates + CALL * 16
    movb $0xee, gates + CALL * 16 + 5
    lidt gates_pointer
    # The task: its stack; all ports closed but those of the first serial line and, for a while, PCI's.
    movl $shim_stack_end, task + 4
    movb $ports - task, task + 102
    movl $ports, %edi
    movl $0xd00 / 8 + 1, %ecx
    movb $0xff, %al
    rep stosb
    movb $0, ports + 0x3f8 / 8
    movb $0, ports + 0xcf8 / 8
    movl $task, %eax
    movw %ax, segment_of_task + 2
    shrl $16, %eax
    movb %al, segment_of_task + 4
    movl $48, %eax
    ltr %ax
    # The local controller: on, its lines shut, as KVM starts it with one open to a controller that nobody serves. The
    # timer counts.
    movl $LOCAL, %edx
    movl $0x10000, %eax
    movl %eax, LOCAL_LINE_0(%rdx)
    movl %eax, LOCAL_LINE_1(%rdx)
    movl $0x1ff, LOCAL_SPURIOUS(%rdx)
    movl $0b1011, LOCAL_DIVIDE(%rdx)
    movl $TIMER, LOCAL_TIMER(%rdx)
    orq $-1, deadline
    movl $-1, LOCAL_COUNT(%rdx)
    call unpack_machine
    # What is not written is not written by the shim either; nor, where the processor knows how, does it run or touch
    # what is the core's.
    movq %cr0, %rax
    orl $0x10000, %eax
    movq %rax, %cr0
    xorl %eax, %eax
    cpuid
    cmpl $7, %eax
    jb 3f
    movl $7, %eax
    xorl %ecx, %ecx
    cpuid
    movq %cr4, %rax
    andl $1 << 2, %ecx
    shll $11 - 2, %ecx
    orl %ecx, %eax
    movl %ebx, %ecx
    andl $1 << 7, %ebx
    shll $20 - 7, %ebx
    orl %ebx, %eax
    andl $1 << 20, %ecx
    shll $21 - 20, %ecx
    orl %ecx, %eax
    movq %rax, %cr4
3:  movl %r8d, %edi
    movl %r9d, %esi
    movl $guest_main, %eax
# To the core at rax, on its own stack from the beginning, open to interrupts.
shim_enter:
    movl $shim_stack_end, %esp
    xorl %ebp, %ebp
    pushq $0x23
    pushq $stack_end - 8
    pushq $0x202
    pushq $0x2b
    pushq %rax
    iretq

gates_pointer:
    .word 256 * 16 - 1
    .quad gates

# Something came, or time is up: whoever waits will look. The timer is set again, so that the deadline is looked at
# even where nobody waits.
shim_interrupt:
    pushq %rax
    pushq %rdx
    movb $1, is_woken
    movl $LOCAL, %edx
    movl $SECOND, LOCAL_COUNT(%rdx)
    movl $0, LOCAL_END(%rdx)
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    cmpq deadline, %rax
    jae shim_late
    popq %rdx
    popq %rax
    iretq
shim_late:
    movl $LATE, %edi
    jmp shim_stop

# The core did what it may not do: nothing can go on. Each call tells by where it is which exception it was.
shim_exceptions:
    .rept 32
    .byte 0xe8
    .long shim_exception - . - 4
    .endr
shim_exception:
    popq %rax
    subl $shim_exceptions + 5, %eax
    xorl %edx, %edx
    movl $5, %ecx
    divl %ecx
    movl %eax, %edi
    # Those that push a number above the address.
    movl $0x60227d00, %eax
    btl %edi, %eax
    jnc 1f
    popq %rax
1:  popq %rsi
# The core says so, a last time, and has 2^32 ticks for it. edi: what it was; rsi: where; rdx: what address it used.
shim_stop:
    movb $1, %al
    xchgb %al, is_stopped
    testb %al, %al
    movl $1, %eax
    jne shim_exit
    rdtsc
    incl %edx
    shlq $32, %rdx
    orq %rdx, %rax
    movq %rax, deadline
    movl $LOCAL, %eax
    movl $SECOND, LOCAL_COUNT(%rax)
    movq %cr2, %rdx
    movl $guest_stopped, %eax
    jmp shim_enter

# Calls of the core: what in eax, with what in rdi. They change rax, rcx and rdx.
shim_call:
    movl $LOCAL, %edx
    decl %eax
    js shim_wait
    jz shim_line
    decl %eax
    jz shim_until
    decl %eax
    jz shim_map
    decl %eax
    jnz shim_strange
    movl %edi, %eax
# The end, in the way of each hypervisor: QEMU's, Cloud Hypervisor's, Firecracker's; then faults until nothing is left
# to fault with. eax: status.
shim_exit:
    movw $0xf4, %dx
    outb %al, %dx
    movb $0x34, %al
    movw $0x600, %dx
    outb %al, %dx
    movb $0xfe, %al
    outb %al, $0x64
    lidt segments
    ud2

shim_strange:
    popq %rsi
    movl $STRANGE, %edi
    jmp shim_stop

# Halts until an interrupt, edi nanoseconds at most; at once if there was one since the last time. Set-up is over: no
# more PCI.
shim_wait:
    movb $-1, ports + 0xcf8 / 8
    xorl %eax, %eax
    xchgb %al, is_woken
    testb %al, %al
    jne 1f
    # Without a count the timer would stop, and the deadline with it.
    cmpl $1, %edi
    adcl $0, %edi
    movl %edi, LOCAL_COUNT(%rdx)
    sti
    hlt
    cli
    movb $0, is_woken
1:  iretq

# Lets line edi of the controllers, of 24 each, through as an edge.
shim_line:
    movl $0xfec00000, %ecx
    cmpl $24, %edi
    jb 2f
    movl $0xfec10000, %ecx
    subl $24, %edi
    cmpl $24, %edi
    jae 1b
2:  leal 0x11(%rdi,%rdi), %eax
    movl %eax, (%rcx)
    movl LOCAL_ID(%rdx), %edx
    movl %edx, 0x10(%rcx)
    decl %eax
    movl %eax, (%rcx)
    movl $LINE, 0x10(%rcx)
    iretq

# Sets the deadline: nearer, never farther.
shim_until:
    cmpq deadline, %rdi
    jae 3f
    movq %rdi, deadline
3:  iretq

# Shows the core the two MiB in which address rdi is, at WINDOW: above four GiB, where nothing of ours is, and before the
# first wait.
shim_map:
    cmpb $0, ports + 0xcf8 / 8
    jne 4f
    movq %rdi, %rax
    shrq $32, %rax
    jz 4f
    andq $-0x200000, %rdi
    orq $0x87, %rdi
    btsq $63, %rdi
    movq %rdi, page_directories + 8 * (WINDOW >> 21)
    movl $WINDOW, %eax
    invlpg (%rax)
4:  iretq
