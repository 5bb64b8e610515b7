/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The assembled boot image as data. */
    .section .rodata
    .globl mig_guest_image_begin
    .globl mig_guest_image_end
    .p2align 4
mig_guest_image_begin:
    .incbin MIG_GUEST_IMAGE
mig_guest_image_end:
    .section .note.GNU-stack,"",%progbits
