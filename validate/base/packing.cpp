// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/base/packing.hpp"

#include <zlib.h>

#include <cstdint>

namespace mig::validate {

std::string gzipped(std::string_view data) {
  z_stream stream{};
  constexpr int gzip_format = 15 + 16;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_format, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
  std::string out(deflateBound(&stream, static_cast<uLong>(data.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));  // NOLINT: zlib only reads it
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string base64(std::string_view data) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < data.size(); at += 3) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 3; ++i)
      word = (word << 8U) | (at + i < data.size() ? static_cast<unsigned char>(data[at + i]) : 0U);
    for (unsigned i = 0; i < 4; ++i)
      out += at + i <= data.size() ? digits[(word >> (18U - 6U * i)) & 63U] : '=';
  }
  return out;
}

}  // namespace mig::validate
