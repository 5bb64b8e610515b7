// SPDX-License-Identifier: GPL-2.0-or-later
#include "vmstate/virtio.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace mig::vmstate {
namespace {

// ---- names of bits: Virtual I/O Device (VIRTIO) 1.3, and linux/virtio_*.h for those from before it ----

struct Bit {
  unsigned number;
  std::string_view name;
};
constexpr std::array status_bits = {Bit{0, "ACKNOWLEDGE"}, Bit{1, "DRIVER"},      Bit{2, "DRIVER_OK"},
                                    Bit{3, "FEATURES_OK"}, Bit{6, "NEEDS_RESET"}, Bit{7, "FAILED"}};
constexpr std::array common_bits = {
    Bit{24, "VIRTIO_F_NOTIFY_ON_EMPTY"},   Bit{27, "VIRTIO_F_ANY_LAYOUT"},
    Bit{28, "VIRTIO_F_INDIRECT_DESC"},     Bit{29, "VIRTIO_F_EVENT_IDX"},
    Bit{32, "VIRTIO_F_VERSION_1"},         Bit{33, "VIRTIO_F_ACCESS_PLATFORM"},
    Bit{34, "VIRTIO_F_RING_PACKED"},       Bit{35, "VIRTIO_F_IN_ORDER"},
    Bit{36, "VIRTIO_F_ORDER_PLATFORM"},    Bit{37, "VIRTIO_F_SR_IOV"},
    Bit{38, "VIRTIO_F_NOTIFICATION_DATA"}, Bit{39, "VIRTIO_F_NOTIF_CONFIG_DATA"},
    Bit{40, "VIRTIO_F_RING_RESET"},        Bit{41, "VIRTIO_F_ADMIN_VQ"}};
constexpr std::array net_bits = {Bit{0, "VIRTIO_NET_F_CSUM"},
                                 Bit{1, "VIRTIO_NET_F_GUEST_CSUM"},
                                 Bit{2, "VIRTIO_NET_F_CTRL_GUEST_OFFLOADS"},
                                 Bit{3, "VIRTIO_NET_F_MTU"},
                                 Bit{5, "VIRTIO_NET_F_MAC"},
                                 Bit{6, "VIRTIO_NET_F_GSO"},
                                 Bit{7, "VIRTIO_NET_F_GUEST_TSO4"},
                                 Bit{8, "VIRTIO_NET_F_GUEST_TSO6"},
                                 Bit{9, "VIRTIO_NET_F_GUEST_ECN"},
                                 Bit{10, "VIRTIO_NET_F_GUEST_UFO"},
                                 Bit{11, "VIRTIO_NET_F_HOST_TSO4"},
                                 Bit{12, "VIRTIO_NET_F_HOST_TSO6"},
                                 Bit{13, "VIRTIO_NET_F_HOST_ECN"},
                                 Bit{14, "VIRTIO_NET_F_HOST_UFO"},
                                 Bit{15, "VIRTIO_NET_F_MRG_RXBUF"},
                                 Bit{16, "VIRTIO_NET_F_STATUS"},
                                 Bit{17, "VIRTIO_NET_F_CTRL_VQ"},
                                 Bit{18, "VIRTIO_NET_F_CTRL_RX"},
                                 Bit{19, "VIRTIO_NET_F_CTRL_VLAN"},
                                 Bit{20, "VIRTIO_NET_F_CTRL_RX_EXTRA"},
                                 Bit{21, "VIRTIO_NET_F_GUEST_ANNOUNCE"},
                                 Bit{22, "VIRTIO_NET_F_MQ"},
                                 Bit{23, "VIRTIO_NET_F_CTRL_MAC_ADDR"},
                                 Bit{52, "VIRTIO_NET_F_VQ_NOTF_COAL"},
                                 Bit{53, "VIRTIO_NET_F_NOTF_COAL"},
                                 Bit{54, "VIRTIO_NET_F_GUEST_USO4"},
                                 Bit{55, "VIRTIO_NET_F_GUEST_USO6"},
                                 Bit{56, "VIRTIO_NET_F_HOST_USO"},
                                 Bit{57, "VIRTIO_NET_F_HASH_REPORT"},
                                 Bit{59, "VIRTIO_NET_F_GUEST_HDRLEN"},
                                 Bit{60, "VIRTIO_NET_F_RSS"},
                                 Bit{61, "VIRTIO_NET_F_RSC_EXT"},
                                 Bit{62, "VIRTIO_NET_F_STANDBY"},
                                 Bit{63, "VIRTIO_NET_F_SPEED_DUPLEX"}};
constexpr std::array blk_bits = {Bit{0, "VIRTIO_BLK_F_BARRIER"},
                                 Bit{1, "VIRTIO_BLK_F_SIZE_MAX"},
                                 Bit{2, "VIRTIO_BLK_F_SEG_MAX"},
                                 Bit{4, "VIRTIO_BLK_F_GEOMETRY"},
                                 Bit{5, "VIRTIO_BLK_F_RO"},
                                 Bit{6, "VIRTIO_BLK_F_BLK_SIZE"},
                                 Bit{7, "VIRTIO_BLK_F_SCSI"},
                                 Bit{9, "VIRTIO_BLK_F_FLUSH"},
                                 Bit{10, "VIRTIO_BLK_F_TOPOLOGY"},
                                 Bit{11, "VIRTIO_BLK_F_CONFIG_WCE"},
                                 Bit{12, "VIRTIO_BLK_F_MQ"},
                                 Bit{13, "VIRTIO_BLK_F_DISCARD"},
                                 Bit{14, "VIRTIO_BLK_F_WRITE_ZEROES"},
                                 Bit{15, "VIRTIO_BLK_F_LIFETIME"},
                                 Bit{16, "VIRTIO_BLK_F_SECURE_ERASE"},
                                 Bit{17, "VIRTIO_BLK_F_ZONED"}};
constexpr std::array scsi_bits = {Bit{0, "VIRTIO_SCSI_F_INOUT"}, Bit{1, "VIRTIO_SCSI_F_HOTPLUG"},
                                  Bit{2, "VIRTIO_SCSI_F_CHANGE"}, Bit{3, "VIRTIO_SCSI_F_T10_PI"}};
constexpr std::array console_bits = {Bit{0, "VIRTIO_CONSOLE_F_SIZE"}, Bit{1, "VIRTIO_CONSOLE_F_MULTIPORT"},
                                     Bit{2, "VIRTIO_CONSOLE_F_EMERG_WRITE"}};
constexpr std::array balloon_bits = {
    Bit{0, "VIRTIO_BALLOON_F_MUST_TELL_HOST"}, Bit{1, "VIRTIO_BALLOON_F_STATS_VQ"},
    Bit{2, "VIRTIO_BALLOON_F_DEFLATE_ON_OOM"}, Bit{3, "VIRTIO_BALLOON_F_FREE_PAGE_HINT"},
    Bit{4, "VIRTIO_BALLOON_F_PAGE_POISON"},    Bit{5, "VIRTIO_BALLOON_F_PAGE_REPORTING"}};
constexpr std::array gpu_bits = {Bit{0, "VIRTIO_GPU_F_VIRGL"}, Bit{1, "VIRTIO_GPU_F_EDID"},
                                 Bit{2, "VIRTIO_GPU_F_RESOURCE_UUID"}, Bit{3, "VIRTIO_GPU_F_RESOURCE_BLOB"},
                                 Bit{4, "VIRTIO_GPU_F_CONTEXT_INIT"}};

/// The bits of one device's features, by the name of its section; `type` is that of the value.
struct DeviceBits {
  std::string_view section, type;
  std::span<const Bit> bits;
};
constexpr std::array devices = {DeviceBits{"virtio-net", "virtio-net features", net_bits},
                                DeviceBits{"virtio-blk", "virtio-blk features", blk_bits},
                                DeviceBits{"virtio-scsi", "virtio-scsi features", scsi_bits},
                                DeviceBits{"virtio-console", "virtio-console features", console_bits},
                                DeviceBits{"virtio-balloon", "virtio-balloon features", balloon_bits},
                                DeviceBits{"virtio-gpu", "virtio-gpu features", gpu_bits}};
constexpr std::string_view status_type = "virtio status", other_type = "virtio features";

std::string_view feature_type(std::string_view idstr) noexcept {
  const auto name = idstr.substr(idstr.rfind('/') + 1);
  const auto* found = std::ranges::find(devices, name, &DeviceBits::section);
  return found != devices.end() ? found->type : other_type;
}

std::string_view name_in(std::span<const Bit> bits, unsigned number) noexcept {
  const auto found = std::ranges::find(bits, number, &Bit::number);
  return found != bits.end() ? found->name : std::string_view();
}

std::string_view flag_name(std::string_view type, unsigned number) noexcept {
  if (type == status_type) return name_in(status_bits, number);
  const auto* device = std::ranges::find(devices, type, &DeviceBits::type);
  const auto own = device != devices.end() ? name_in(device->bits, number) : std::string_view();
  return own.empty() ? name_in(common_bits, number) : own;
}

// ---- the bytes ----

constexpr std::uint64_t known_status = 0xcf;
constexpr std::uint64_t max_queues = 1024, max_queue_size = 32768, max_config = 4096;
constexpr std::string_view subsection_head = "\x05\x15virtio/64bit_features";

class VirtioWalk {
 public:
  VirtioWalk(std::string_view idstr, const Value& field, Bytes body)
      : features_(feature_type(idstr)),
        offset_(field.offset),
        depth_(static_cast<std::uint16_t>(field.depth + 1)),
        bytes_(body.subspan(static_cast<std::size_t>(field.offset), static_cast<std::size_t>(field.size))) {}

  /// `config_space`: bytes of it, 256 or, behind a PCI Express port, 4096.
  bool read(std::size_t config_space) {
    const bool vectors = pci(config_space);
    if (vectors) number("config_vector", 2);
    const auto status = number("status", 1, ValueKind::flags, status_type);
    number("isr", 1);
    const auto selected = number("queue_sel", 2);
    const auto low = number("guest_features", 4, ValueKind::flags, features_);
    const auto config = number("config_len", 4);
    if (bad_ || (status & ~known_status) != 0 || selected >= max_queues || config > max_config) return false;
    bytes("config", config);
    return queues(vectors) && rest(low);
  }
  [[nodiscard]] std::vector<Value> take() { return std::move(values_); }

 private:
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }
  void add(ValueKind kind, std::string_view name, std::string_view type, std::uint64_t size) {
    bad_ = bad_ || size > left();
    if (bad_) return;
    values_.push_back({kind, false, depth_, name, type, {}, offset_ + at_, size, 1});
    at_ += static_cast<std::size_t>(size);
  }
  void bytes(std::string_view name, std::uint64_t size) {
    if (size != 0) add(ValueKind::bytes, name, "buffer", size);
  }
  std::uint64_t number(std::string_view name, std::uint64_t size, ValueKind kind = ValueKind::unsigned_number,
                       std::string_view type = "") {
    constexpr std::array<std::string_view, 9> types = {"", "uint8", "uint16", "",      "uint32",
                                                       "", "",      "",       "uint64"};
    add(kind, name, type.empty() ? types.at(static_cast<std::size_t>(size)) : type, size);
    std::uint64_t value = 0;
    for (std::size_t i = 0; !bad_ && i < size; ++i) value = value << 8 | load_u8(bytes_, at_ - size + i);
    return value;
  }

  /// What PCI saves: its version, configuration space, four interrupt lines; then MSI-X, if the device has
  /// it, which is what is returned.
  bool pci(std::size_t config_space) {
    constexpr std::uint64_t version = 2, lines = 16;
    bad_ = bad_ || number("pci_version", 4) != version;
    const auto config = at_;
    bytes("pci_config", config_space);
    bytes("irq_state", lines);
    const auto vectors = bad_ ? 0 : msix_vectors(bytes_.subspan(config, config_space));
    bytes("msix_table", vectors * 16);
    bytes("msix_pending", (vectors + 7) / 8);
    return vectors != 0;
  }
  /// By the list of capabilities.
  static std::uint64_t msix_vectors(Bytes config) {
    constexpr std::uint8_t list = 0x34, msix = 0x11;
    std::size_t at = load_u8(config, list) & 0xfcU;
    for (int i = 0; i < 48 && at >= 0x40; ++i) {
      if (load_u8(config, at) == msix)
        return (load_u8(config, at + 2) | (load_u8(config, at + 3) & 7U) << 8) + 1U;  // little endian
      at = load_u8(config, at + 1) & 0xfcU;
    }
    return 0;
  }

  bool queues(bool vectors) {
    const auto count = number("queues", 4);
    if (bad_ || count > max_queues) return false;
    for (std::uint64_t i = 0; i < count && !bad_; ++i) {
      values_.push_back({ValueKind::structure, false, depth_, "queue", "virtqueue", i, offset_ + at_, 0, 1});
      const auto group = values_.size() - 1;
      ++depth_;
      if (number("num", 4) > max_queue_size) return false;
      number("desc", 8);
      number("last_avail_idx", 2);
      if (vectors) number("vector", 2);
      --depth_;
      values_[group].size = offset_ + at_ - values_[group].offset;
    }
    return !bad_;
  }

  /// What the device itself saves, then virtio's subsections: of these the one with all features, whose low
  /// half is to be that seen before.
  bool rest(std::uint64_t low) {
    const auto text = as_text(bytes_.subspan(at_));
    const auto wide = text.find(subsection_head);
    if (wide == std::string_view::npos) return bytes("device and subsections", left()), !bad_;
    bytes("device", wide);
    constexpr std::uint64_t head = subsection_head.size() + 4, value = 8;
    if (left() < head + value) return false;
    values_.push_back({ValueKind::subsection,
                       false,
                       depth_,
                       "virtio/64bit_features",
                       "subsection",
                       {},
                       offset_ + at_,
                       head + value,
                       1});
    at_ += head;
    ++depth_;
    const auto all = number("guest_features", value, ValueKind::flags, features_);
    --depth_;
    bytes("more subsections", left());
    return !bad_ && (all & UINT32_MAX) == low;
  }

  std::string_view features_;
  std::uint64_t offset_;
  std::uint16_t depth_;
  Bytes bytes_;
  std::size_t at_ = 0;
  bool bad_ = false;
  std::vector<Value> values_;
};

}  // namespace

std::optional<std::vector<Value>> virtio_parts(std::string_view idstr, const Value& field, Bytes body) {
  for (const std::size_t config_space : {256U, 4096U}) {
    VirtioWalk walk(idstr, field, body);
    if (walk.read(config_space)) return walk.take();
  }
  return std::nullopt;
}

std::vector<std::string> flag_names(const Value& value, std::uint64_t number) {
  std::vector<std::string> out;
  for (unsigned bit = 0; bit < 64; ++bit) {
    if ((number >> bit & 1) == 0) continue;
    const auto name = flag_name(value.type, bit);
    out.push_back(name.empty() ? "bit " + std::to_string(bit) : std::string(name));
  }
  return out;
}

}  // namespace mig::vmstate
