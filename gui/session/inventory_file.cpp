// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/inventory_file.h"

#include "core/domain/yaml_tree.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

namespace seatrial::gui {

using domain::Failure;
using domain::FailureKind;
using domain::Result;
using domain::Stage;

namespace {

Failure cannot(const QString& what, const QString& advice, FailureKind kind = FailureKind::Broken)
{
    return {Stage::Input, kind, what.toStdString(), {}, advice.toStdString()};
}

Result<QByteArray> readWhole(const QString& file)
{
    QFile input(file);
    if (!input.open(QIODevice::ReadOnly))
        return std::unexpected(cannot(QStringLiteral("%1 cannot be read: %2").arg(file, input.errorString()), QStringLiteral("choose another file"), FailureKind::NotFound));
    QByteArray text = input.read(static_cast<qint64>(domain::kMaxYamlBytes) + 1);
    if (static_cast<std::size_t>(text.size()) > domain::kMaxYamlBytes)
        return std::unexpected(cannot(QStringLiteral("%1 is larger than an inventory may be").arg(file), QStringLiteral("choose another file"), FailureKind::Invalid));
    return text;
}

// The text at a place now has to be what it was thought to be.
Result<void> insist(const QString& file, bool exists, const QByteArray& text)
{
    const auto changed = [&] {
        return std::unexpected(cannot(QStringLiteral("%1 was changed by somebody else in the meantime; it was left as it is").arg(file), QStringLiteral("open it again and look"), FailureKind::Changed));
    };
    if (QFileInfo::exists(file) != exists)
        return changed();
    if (!exists)
        return {};
    const auto now = readWhole(file);
    if (!now)
        return std::unexpected(now.error());
    if (*now != text)
        return changed();
    return {};
}

} // namespace

Result<void> writeWhole(const QString& file, const QByteArray& text)
{
    QSaveFile output(file);
    const bool written = output.open(QIODevice::WriteOnly) && output.write(text) == text.size() && output.commit();
    if (written)
        return {};
    return std::unexpected(cannot(QStringLiteral("%1 cannot be written: %2; what was there is unchanged").arg(file, output.errorString()), QStringLiteral("choose a folder that you may write to")));
}

std::expected<InventoryEdit, domain::EntryProblem> planAddition(const QString& file, const QString& newName, const domain::NodeEntry& entry)
{
    InventoryEdit edit{.file = file, .existed = QFileInfo::exists(file), .before = {}, .after = {}, .added = {}};
    if (file.isEmpty())
        return std::unexpected(domain::EntryProblem{domain::EntryField::File, cannot(QStringLiteral("no file was named"), QStringLiteral("say where the inventory is kept"), FailureKind::Invalid)});
    if (edit.existed) {
        auto text = readWhole(file);
        if (!text)
            return std::unexpected(domain::EntryProblem{domain::EntryField::File, text.error()});
        edit.before = std::move(*text);
    } else if (!QFileInfo(QFileInfo(file).absolutePath()).isDir()) {
        return std::unexpected(domain::EntryProblem{domain::EntryField::File, cannot(QStringLiteral("there is no folder %1").arg(QFileInfo(file).absolutePath()), QStringLiteral("choose another place"), FailureKind::NotFound)});
    }
    const std::string name = newName.isEmpty() ? QFileInfo(file).completeBaseName().toStdString() : newName.toStdString();
    auto added = domain::addEntry(edit.existed ? edit.before.toStdString() : domain::emptyInventory(name), file.toStdString(), entry);
    if (!added)
        return std::unexpected(added.error());
    edit.after = QByteArray::fromStdString(added->yaml);
    edit.added = std::move(added->added);
    return edit;
}

Result<void> applyEdit(const InventoryEdit& edit)
{
    if (auto same = insist(edit.file, edit.existed, edit.before); !same)
        return same;
    return writeWhole(edit.file, edit.after);
}

Result<void> undoEdit(const InventoryEdit& edit)
{
    if (auto same = insist(edit.file, true, edit.after); !same)
        return same;
    if (edit.existed)
        return writeWhole(edit.file, edit.before);
    if (QFile::remove(edit.file))
        return {};
    return std::unexpected(cannot(QStringLiteral("%1 cannot be removed").arg(edit.file), QStringLiteral("remove it by hand")));
}

} // namespace seatrial::gui
