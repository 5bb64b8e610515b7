// SPDX-License-Identifier: GPL-2.0-or-later
// The test guest as libvirt gets it: one text for every run, since each host has what it names.
#pragma once

namespace mig::validate::libvirt {

/// The name of the one domain that is migrated.
inline constexpr const char* domain_name = "migwire";

/// Both hosts see the disk; it is not <shareable/>, so QEMU's image lock is real and changes hands with the
/// guest. /host is another folder on each: the QEMU to start, the serial file that shows who runs the guest,
/// and a second monitor that shows QEMU's own truth beside libvirt's. Always TCG.
inline constexpr const char* domain_xml =
    R"(<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>migwire</name>
  <uuid>6d696777-6972-4500-8000-67756573740a</uuid>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type></os>
  <cpu mode='custom' match='exact'><model fallback='forbid'>qemu64</model></cpu>
  <devices>
    <emulator>/host/emulator</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='/scene/shared.img'/>
      <target dev='hda' bus='ide'/>
    </disk>
    <serial type='file'><source path='/host/serial'/><target port='0'/></serial>
    <memballoon model='none'/>
  </devices>
  <qemu:commandline>
    <qemu:arg value='-qmp'/><qemu:arg value='unix:/host/qmp,server=on,wait=off'/>
  </qemu:commandline>
</domain>
)";

}  // namespace mig::validate::libvirt
