# SPDX-License-Identifier: GPL-2.0-or-later
# The test guest: a boot image that shows on the serial port that it runs, and keeps its memory changing.
#
# It dirties one word in each page of a range, round after round, and prints a growing counter as lines
# "T 0000002a\r\n". The counter lives in memory, so it migrates with the guest: whoever continues it is that guest.
# A line comes with each timer interrupt (18.2 a second) and, if asked for, after a number of page writes.
#
# Image: sector 0 boots and loads the rest; the parameters stand at 0x200, see guest_image.hpp; code follows.
# Memory: 0x7c00 image, 0x7000 stack (downwards), 0x6000 variables, 0x5000 interrupt table.

.set image_base, 0x7c00
.set stack_top, 0x7000
.set counter, 0x6000        # ticks printed so far
.set interrupts, 0x6004     # timer interrupts so far
.set round, 0x6008          # passes over the range; the word that is written
.set budget, 0x600c         # page writes left until the next interrupt
.set until_tick, 0x6010     # page writes left until the next tick
.set seen, 0x6014           # timer interrupts already printed
.set idt, 0x5000
.set serial, 0x3f8
.set flag_dirty, 1

.section .text
.code16
.globl _start
_start:
    ljmp $0, $(start16)
start16:
    cli
    cld
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $stack_top, %sp
    sti
    movw $0x0200 + sectors_to_load, %ax       # BIOS: read the sectors behind this one
    movw $0x0002, %cx
    xorb %dh, %dh
    movw $image_base + 512, %bx
    int $0x13
    jc disk_failed
    cli
    inb $0x92, %al                            # address line 20 on
    orb $2, %al
    andb $0xfe, %al
    outb %al, $0x92
    lgdt gdt_descriptor
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmp $8, $start32

disk_failed:                                  # says "E" once, then rests: no ticks is what the observer sees
    movw $serial, %dx
    movb $'E', %al
    outb %al, %dx
1:  cli
    hlt
    jmp 1b

.p2align 2
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff                  # flat code
    .quad 0x00cf92000000ffff                  # flat data
gdt_descriptor:
    .word . - gdt - 1
    .long gdt

    .org 510
    .byte 0x55, 0xaa

# Parameters, patched by whoever starts the guest. Little endian; the layout is frozen per version.
    .org 512
parameters:
    .ascii "MIGGUEST"
    .long 1                                   # layout version
begin:                 .long 0x00100000       # first byte of the range that is dirtied
end:                   .long 0x06400000       # first byte behind it
writes_per_tick:       .long 0                # print a tick after so many page writes as well; 0: timer only
writes_per_interrupt:  .long 4096             # page writes between two timer interrupts; 0: as fast as it goes
flags:                 .long flag_dirty       # bit 0: dirty the range; other bits kept for a memory checksum
    .org 512 + 64

.code32
start32:
    movw $16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $stack_top, %esp
    xorl %eax, %eax
    movl $0x6000, %edi
    movl $256, %ecx
    rep stosl
    call set_up_serial
    call set_up_timer
    movl writes_per_interrupt, %eax
    movl %eax, budget
    movl writes_per_tick, %eax
    movl %eax, until_tick
    sti
    testl $flag_dirty, flags
    jz idle

next_round:
    incl round
    movl begin, %edi
next_page:
    cmpl end, %edi
    jae next_round
    movl round, %eax
    movl %eax, (%edi)
    addl $4096, %edi
    call count_write
    call tick_if_interrupted
    jmp next_page

idle:
    call wait_for_interrupt
    call tick_if_interrupted
    jmp idle

# One page was written: tick if enough of them were, rest if the rate is used up.
count_write:
    cmpl $0, writes_per_tick
    je 1f
    decl until_tick
    jnz 1f
    movl writes_per_tick, %eax
    movl %eax, until_tick
    call tick
1:  cmpl $0, writes_per_interrupt
    je 2f
    decl budget
    jnz 2f
    movl writes_per_interrupt, %eax
    movl %eax, budget
    call wait_for_interrupt
2:  ret

# Between the test and the halt no interrupt can slip in: sti takes effect after the next instruction.
wait_for_interrupt:
    cli
    movl seen, %eax
    cmpl interrupts, %eax
    jne 1f
    sti
    hlt
1:  sti
    ret

tick_if_interrupted:
    movl interrupts, %eax
    cmpl seen, %eax
    je 1f
    movl %eax, seen
    call tick
1:  ret

tick:
    incl counter
    movb $'T', %al
    call put_byte
    movb $' ', %al
    call put_byte
    movl counter, %ebx
    movl $8, %ecx
1:  roll $4, %ebx
    movb %bl, %al
    andb $15, %al
    cmpb $10, %al
    jb 2f
    addb $'a' - '0' - 10, %al
2:  addb $'0', %al
    call put_byte
    loop 1b
    movb $'\r', %al
    call put_byte
    movb $'\n', %al

put_byte:
    movb %al, %ah
    movw $serial + 5, %dx
1:  inb %dx, %al
    testb $0x20, %al                          # room for a byte?
    jz 1b
    movb %ah, %al
    movw $serial, %dx
    outb %al, %dx
    ret

set_up_serial:                                # 115200 baud, 8 bits, no interrupts
    movw $serial + 1, %dx
    xorb %al, %al
    outb %al, %dx
    movw $serial + 3, %dx
    movb $0x80, %al
    outb %al, %dx
    movw $serial, %dx
    movb $1, %al
    outb %al, %dx
    incw %dx
    xorb %al, %al
    outb %al, %dx
    movw $serial + 3, %dx
    movb $3, %al
    outb %al, %dx
    ret

# Interrupt 0 goes to vector 0x20, all others stay masked; the timer's default rate is kept.
set_up_timer:
    movl $timer_interrupt, %eax
    movw %ax, idt + 0x20 * 8
    movw $8, idt + 0x20 * 8 + 2
    movw $0x8e00, idt + 0x20 * 8 + 4
    shrl $16, %eax
    movw %ax, idt + 0x20 * 8 + 6
    lidt idt_descriptor
    movb $0x11, %al
    outb %al, $0x20
    movb $0x20, %al
    outb %al, $0x21
    movb $0x04, %al
    outb %al, $0x21
    movb $0x01, %al
    outb %al, $0x21
    movb $0xfe, %al
    outb %al, $0x21
    movb $0xff, %al
    outb %al, $0xa1
    ret

timer_interrupt:
    pushl %eax
    incl interrupts
    movb $0x20, %al
    outb %al, $0x20
    popl %eax
    iretl

.p2align 2
idt_descriptor:
    .word 0x21 * 8 - 1
    .long idt

    .org 8 * 512                              # room for what is to come
.set sectors_to_load, 7
