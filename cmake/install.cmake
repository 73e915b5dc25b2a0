# SPDX-License-Identifier: GPL-3.0-or-later
# What an installation consists of. The programs find the rest from where they lie: <bin>/../share/seatrial and
# <bin>/../lib/seatrial/seatrial-engine. The engine is no program for this machine's users, so it is not in bin.
# Included after all targets are known; resources/ installs plans and criteria itself.
include(GNUInstallDirs)

# Not CMAKE_INSTALL_LIBDIR: an architecture's own library folder is for what is linked, and the programs look in lib.
install(PROGRAMS ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/seatrial-engine DESTINATION lib/seatrial)
install(TARGETS seatrialctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

if(TARGET seatrial)
    install(TARGETS seatrial RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    set(desktop_files ${PROJECT_SOURCE_DIR}/installer/linux)
    install(FILES ${desktop_files}/org.seatrial.seatrial.desktop DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
    install(FILES ${desktop_files}/org.seatrial.seatrial.metainfo.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/metainfo)
    install(FILES ${desktop_files}/org.seatrial.seatrial.svg DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps)
endif()

install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY LICENSES DESTINATION ${CMAKE_INSTALL_DOCDIR})
# What the README and the program's own words point to; decisions are for who changes Seatrial.
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN decisions EXCLUDE)
