# SPDX-License-Identifier: GPL-2.0-or-later
# The test guest: a boot image that shows on the serial port that it runs and that its memory is right.
#
# Words 1 to 1023 of each page of a range hold a value made from the page's address, word 0 the round in which it was
# last dirtied. Round after round the guest verifies each page's sum and word 0, and dirties the pages below dirty_end.
# It prints lines of a letter and a number, "T 0000002a\r\n":
#   T counter   a tick, with each timer interrupt (18.2 a second)
#   V round     a round is over, and every page was right
#   B round     a round is over, and pages were not
#   M address   such a page; the first four of a round
# All it knows lives in memory and migrates with it: whoever continues the counter is that guest.
#
# Image: sector 0 boots and loads the rest; the parameters stand at 0x200, see guest_image.hpp; code follows.
# Memory: 0x7c00 image, 0x7000 stack (downwards), 0x6000 variables, 0x5000 interrupt table.

.set image_base, 0x7c00
.set stack_top, 0x7000
.set counter, 0x6000        # ticks printed so far
.set interrupts, 0x6004     # timer interrupts so far
.set round, 0x6008          # passes over the range; the word that is written
.set budget, 0x600c         # pages left until the next interrupt
.set bad_pages, 0x6010      # found in this round
.set seen, 0x6014           # timer interrupts already printed
.set idt, 0x5000
.set serial, 0x3f8
.set words_per_page, 1024
.set told_per_round, 4

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
    .long 2                                   # layout version
begin:                 .long 0x00100000       # first byte of the range
end:                   .long 0x01100000       # first byte behind it
dirty_end:             .long 0x01100000       # first byte behind the part that is dirtied; the rest is only verified
pages_per_interrupt:   .long 512              # pages between two timer interrupts; 0: as fast as it goes
keep_tlb:              .long 0                # not 0: never empty the TLB, see empty_tlb
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
    movl pages_per_interrupt, %eax
    movl %eax, budget
    call fill
    sti

next_round:
    incl round
    movl $0, bad_pages
    movl begin, %edi
next_page:
    cmpl end, %edi
    jae end_of_round
    call verify
    cmpl dirty_end, %edi
    jae 1f
    movl round, %eax
    movl %eax, (%edi)
1:  addl $4096, %edi
    call count_page
    call tick_if_interrupted
    jmp next_page

end_of_round:
    movb $'V', %al
    cmpl $0, bad_pages
    je 1f
    movb $'B', %al
1:  movl round, %ebx
    call print
    jmp next_round

# %eax: what words 1 to 1023 of the page at %edi hold. Never 0: a page that got lost differs.
word_of_page:
    movl %edi, %eax
    xorl $0x5a5a5a5a, %eax
    ret

fill:
    movl begin, %edi
1:  cmpl end, %edi
    jae 2f
    call word_of_page
    movl $0, (%edi)
    addl $4, %edi
    movl $words_per_page - 1, %ecx
    rep stosl
    jmp 1b
2:  ret

# The page at %edi: words 1 to 1023 by their sum, word 0 has to be the round before (0 where nothing is dirtied).
verify:
    call word_of_page
    movl %eax, %edx
    shll $10, %edx
    subl %eax, %edx                           # 1023 times the word
    xorl %eax, %eax
    movl $1, %ecx
1:  addl (%edi,%ecx,4), %eax
    incl %ecx
    cmpl $words_per_page, %ecx
    jne 1b
    cmpl %edx, %eax
    jne bad_page
    xorl %eax, %eax
    cmpl dirty_end, %edi
    jae 2f
    movl round, %eax
    decl %eax
2:  cmpl %eax, (%edi)
    jne bad_page
    ret

bad_page:
    incl bad_pages
    cmpl $told_per_round, bad_pages
    ja 1f
    movb $'M', %al
    movl %edi, %ebx
    call print
1:  ret

# Rest if the rate is used up.
count_page:
    cmpl $0, pages_per_interrupt
    je 1f
    decl budget
    jnz 1f
    movl pages_per_interrupt, %eax
    movl %eax, budget
    call wait_for_interrupt
1:  ret

# Between the test and the halt no interrupt can slip in: sti takes effect after the next instruction.
wait_for_interrupt:
    call empty_tlb
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
    call empty_tlb
    call tick
1:  ret

# A change of CR0.WP empties TCG's TLB. Entries filled just before QEMU begins to log dirty pages may otherwise keep
# writes from being logged (docs/findings.md), and every scenario would fail now and then for that reason.
empty_tlb:
    cmpl $0, keep_tlb
    jne 1f
    movl %cr0, %eax
    xorl $0x00010000, %eax
    movl %eax, %cr0
1:  ret

tick:
    incl counter
    movb $'T', %al
    movl counter, %ebx

# A line: the letter in %al, a blank, the number in %ebx.
print:
    call put_byte
    movb $' ', %al
    call put_byte
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
