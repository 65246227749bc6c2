# busy "guest OS": as bootsec.S counts seconds on COM1 ("tick N") and ends by the ACPI button; between two seconds it prints a dot at every timer
# tick (55 ms), so that a gap in its output is how long it stood still; and at every tick it writes to each page of 8 MiB, so that a migration has
# always that much left to send.
.code16
.globl _start
_start:
  cli; xorw %ax,%ax; movw %ax,%ds; movw %ax,%es; movw %ax,%ss; movw $0x7c00,%sp
  # fs reaches all memory: its limit outlives the return from protected mode
  lgdtl gdtr
  movl %cr0,%eax; orb $1,%al; movl %eax,%cr0
  movw $8,%bx; movw %bx,%fs
  andb $0xfe,%al; movl %eax,%cr0
  xorw %bx,%bx; movw %bx,%fs
  sti
  movw $0x602,%dx; movw $0x100,%ax; outw %ax,%dx
  movw $banner,%si; call puts
loop:
  hlt
  movw $0x600,%dx; inw %dx,%ax; testb $1,%ah; jnz poweroff
  incl sweep
  movl sweep,%eax
  movl $0x100000,%edi
1: movl %eax,%fs:(%edi); addl $4096,%edi; cmpl $0x900000,%edi; jb 1b
  movb $'.',%al; call putc
  movl 0x46c,%eax; subl last,%eax; cmpl $18,%eax; jb loop
  movl 0x46c,%eax; movl %eax,last
  incl count
  movw $tick,%si; call puts
  movl count,%eax; call putdec
  movw $crlf,%si; call puts
  jmp loop
poweroff:
  movw $0x604,%dx; movw $0x2000,%ax; outw %ax,%dx
2: hlt; jmp 2b
.include "serial.inc"
banner: .asciz "busy guest up\r\n"
tick: .asciz "\r\ntick "
last: .long 0
count: .long 0
sweep: .long 0
gdt: .quad 0
  .word 0xffff, 0; .byte 0, 0x92, 0xcf, 0
gdtr: .word 15; .long gdt
.org 510
.word 0xaa55
