# mig_embed(LIBRARY FILE...): a static library with the files inside, so that a program finds them wherever it is
# installed. "embedded/LIBRARY.hpp" declares one function per file, named after it:
#   mig_embed(report_files report.css) -> std::string_view mig::embedded::report_css() noexcept;
# and one, named after the library, all of them with their names.
function(mig_embed library)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${library})
  set(declarations "")
  set(definitions "")
  set(data "    .section .rodata\n")
  set(files "")
  set(table "")
  foreach(file ${ARGN})
    get_filename_component(path ${file} ABSOLUTE)
    get_filename_component(name ${file} NAME)
    string(MAKE_C_IDENTIFIER ${name} id)
    set(symbol mig_embedded_${library}_${id})
    string(APPEND declarations "[[nodiscard]] std::string_view ${id}() noexcept;\n")
    string(APPEND definitions
      "extern \"C\" const char ${symbol}_begin[], ${symbol}_end[];\n"
      "std::string_view mig::embedded::${id}() noexcept {\n"
      "  return {${symbol}_begin, static_cast<std::size_t>(${symbol}_end - ${symbol}_begin)};\n}\n")
    string(APPEND data
      "    .globl ${symbol}_begin\n    .globl ${symbol}_end\n"
      "${symbol}_begin:\n    .incbin \"${path}\"\n${symbol}_end:\n    .byte 0\n")
    string(APPEND table "      std::pair<std::string_view, std::string_view>{\"${name}\", mig::embedded::${id}()},\n")
    list(APPEND files ${path})
  endforeach()
  set(all "std::span<const std::pair<std::string_view, std::string_view>>")
  string(APPEND declarations "[[nodiscard]] ${all} ${library}();\n")
  string(APPEND definitions
    "${all} mig::embedded::${library}() {\n"
    "  static const std::pair<std::string_view, std::string_view> files[] = {\n${table}  };\n  return files;\n}\n")
  string(APPEND data "    .section .note.GNU-stack,\"\",%progbits\n")
  file(CONFIGURE OUTPUT ${folder}/embedded/${library}.hpp @ONLY CONTENT
    "#pragma once\n#include <span>\n#include <string_view>\n#include <utility>\nnamespace mig::embedded {\n${declarations}}\n")
  file(CONFIGURE OUTPUT ${folder}/${library}.cpp @ONLY CONTENT
    "#include \"embedded/${library}.hpp\"\n#include <cstddef>\n${definitions}")
  file(CONFIGURE OUTPUT ${folder}/${library}.S @ONLY CONTENT "${data}")
  set_source_files_properties(${folder}/${library}.S PROPERTIES OBJECT_DEPENDS "${files}")
  add_library(${library} STATIC ${folder}/${library}.cpp ${folder}/${library}.S)
  target_include_directories(${library} PUBLIC ${folder})
endfunction()
