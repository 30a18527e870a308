import tab from '@bomb.sh/tab/commander';
import { presets } from '@vitrine/data';
import { explainers, rankingMethods } from '@vitrine/explain';
import type { Command } from 'commander';

/** Adds `vitrine complete SHELL`, which prints the completion script for bash, zsh, fish or PowerShell. */
export function completion(program: Command): void {
  const root = tab(program);
  for (const command of root.commands.values()) {
    const method = command.options.get('method');
    if (method)
      method.handler = (complete) =>
        [...Object.values(explainers), ...Object.values(rankingMethods)].forEach(({ name, title }) => complete(name, title));
    const preset = command.options.get('preset');
    if (preset) preset.handler = (complete) => Object.keys(presets).forEach((name) => complete(name, 'preprocessing'));
  }
}
