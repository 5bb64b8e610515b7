// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/base/packing.hpp"

#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <memory>

namespace mig::validate {
namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

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

std::string zstd_packed(std::string_view data) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_enableLongDistanceMatching, 1);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, 26);  // readers take up to 27 unasked
  std::string out(ZSTD_compressBound(data.size()), '\0');
  const auto size = ZSTD_compress2(context.get(), out.data(), out.size(), data.data(), data.size());
  out.resize(ZSTD_isError(size) != 0 ? 0 : size);
  return out;
}

std::string base64(std::string_view data) {
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

std::string from_base64(std::string_view text) {
  std::string out;
  std::uint32_t word = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) break;  // the padding
    word = (word << 6U) | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>((word >> bits) & 0xffU);
  }
  return out;
}

}  // namespace mig::validate
