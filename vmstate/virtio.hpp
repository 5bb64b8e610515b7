// SPDX-License-Identifier: GPL-2.0-or-later
// The state of a virtio device on PCI, which the VM description has as one field without parts.
#pragma once
#include <optional>
#include <vector>

#include "vmstate/decode.hpp"

namespace mig::vmstate {

/// The parts of `field`, a value of QEMU's type "virtio" of the section `idstr`, in the order of their bytes
/// and one level deeper: status, negotiated features, queues. What the device adds itself stays bytes.
/// Nothing where the bytes are not those of a virtio device on PCI. Source: hw/virtio/virtio.c virtio_save(),
/// virtio-pci.c, hw/pci/pci.c and msix.c of QEMU.
[[nodiscard]] std::optional<std::vector<Value>> virtio_parts(std::string_view idstr, const Value& field,
                                                             Bytes body);

/// The names of the bits that are set in a value of kind flags, as the virtio standard has them; "bit 50"
/// where there is none.
[[nodiscard]] std::vector<std::string> flag_names(const Value& value, std::uint64_t number);

}  // namespace mig::vmstate
