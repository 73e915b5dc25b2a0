// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/recent_files.h"

#include <QFileInfo>
#include <QSettings>

namespace seatrial::gui {

namespace {

constexpr int mostFiles = 8;
const auto key = QStringLiteral("recent");

void save(const QList<RecentFile>& files)
{
    QSettings settings;
    settings.beginWriteArray(key, static_cast<int>(files.size()));
    for (int i = 0; i < files.size(); ++i) {
        settings.setArrayIndex(i);
        settings.setValue(QStringLiteral("kind"), files[i].kind == RecentFile::Kind::Store ? QStringLiteral("store") : QStringLiteral("inventory"));
        settings.setValue(QStringLiteral("file"), files[i].file);
    }
    settings.endArray();
}

} // namespace

QList<RecentFile> recentFiles()
{
    QSettings settings;
    QList<RecentFile> files;
    const int count = std::min(settings.beginReadArray(key), mostFiles);
    for (int i = 0; i < count; ++i) {
        settings.setArrayIndex(i);
        const bool store = settings.value(QStringLiteral("kind")).toString() == QStringLiteral("store");
        const QString file = settings.value(QStringLiteral("file")).toString();
        if (!file.isEmpty())
            files.append({store ? RecentFile::Kind::Store : RecentFile::Kind::Inventory, file});
    }
    settings.endArray();
    return files;
}

void rememberFile(const RecentFile& file)
{
    const RecentFile whole{file.kind, QFileInfo(file.file).absoluteFilePath()};
    QList<RecentFile> files = recentFiles();
    files.removeAll(whole);
    files.prepend(whole);
    save(files.mid(0, mostFiles));
}

void forgetFile(const RecentFile& file)
{
    QList<RecentFile> files = recentFiles();
    files.removeAll(file);
    save(files);
}

} // namespace seatrial::gui
