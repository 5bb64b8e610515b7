// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/domain_xml.hpp"

#include "validate/libvirt/host_files.hpp"

namespace mig::validate::libvirt {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '\'': out += "&apos;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

// Without <shareable/> QEMU's image lock is real, and changes hands with the guest. Always TCG.
std::string domain_xml(const Domain& domain) {
  return R"(<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>)" +
         std::string(domain_name) + R"(</name>
  <uuid>6d696777-6972-4500-8000-67756573740a</uuid>
  <memory unit='MiB'>)" +
         std::to_string(domain.memory_mib) + R"(</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine=')" +
         escaped(domain.machine) + R"('>hvm</type></os>
  <cpu mode='custom' match='exact'><model fallback='forbid'>qemu64</model></cpu>
  <devices>
    <emulator>)" +
         escaped(domain.emulator.string()) + R"(</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='/scene/disk.img'/><target dev='hda' bus='ide'/>
    </disk>
    <serial type='file'><source path='/host/serial'/><target port='0'/></serial>
    <memballoon model='none'/>
  </devices>
  <qemu:commandline><qemu:arg value='-qmp'/><qemu:arg value='unix:/host/qmp,server=on,wait=off'/></qemu:commandline>
</domain>
)";
}

}  // namespace mig::validate::libvirt
