# A program with its man page and its completions, which the program itself makes.
function(mig_install_program program)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/completions)
  set(scripts ${folder}/${program} ${folder}/_${program} ${folder}/${program}.fish)
  add_custom_command(
    OUTPUT ${scripts}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND ${program} --completion bash > ${folder}/${program}
    COMMAND ${program} --completion zsh > ${folder}/_${program}
    COMMAND ${program} --completion fish > ${folder}/${program}.fish
    DEPENDS ${program}
    VERBATIM)
  add_custom_target(${program}_completions ALL DEPENDS ${scripts})
  mig_install_with_page(${program})
  install(FILES ${folder}/${program} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${folder}/_${program} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${folder}/${program}.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endfunction()

function(mig_install_with_page program)
  install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES ${PROJECT_SOURCE_DIR}/docs/${program}.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endfunction()
